package io.muxpool.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.testkit.OpenSshServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies with accounts that have another login shell than a POSIX one. */
@Timeout(120)
final class LoginShellCopyTest extends OnOneServer {
    private ConnectionPool on(String shell) {
        Path path = Path.of(shell);
        Assumptions.assumeTrue(
                OpenSshServer.Builder.canChooseLoginShell(),
                "only root can make an account with a login shell of choice");
        Assumptions.assumeTrue(Files.isExecutable(path), () -> "the package of " + shell + " is not installed");
        return pool(OpenSshServer.builder().loginShell(path).option("Subsystem", "sftp internal-sftp"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/usr/bin/fish", "/usr/bin/tcsh", "/usr/bin/bsd-csh", "/usr/bin/rc", "/usr/bin/elvish"})
    void pullOfAFileWithAnEvilNameObeysNothingOfIt(String shell) throws IOException {
        try (ConnectionPool pool = on(shell)) {
            for (String name : List.of(
                    "\\'; touch pwned; echo as (id -un); #",
                    "it's; touch pwned; it's",
                    "x\ntouch pwned\ny",
                    "!x",
                    "%self")) {
                Path there = home().resolve(name);
                Files.write(there, Files.readAllBytes(file("content", 100_000)));
                Path here = temp.resolve("here");
                Copied copied = Copy.over(pool).pull(name, here, Job.create());
                assertThat(copied.unverified()).as(name).isEmpty();
                assertThat(Files.mismatch(here, there)).isEqualTo(-1);
                assertThat(home().resolve("pwned")).doesNotExist();
                Files.delete(there);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/usr/bin/fish", "/usr/bin/tcsh", "/usr/bin/bsd-csh", "/usr/bin/rc", "/usr/bin/elvish"})
    void pushIsCheckedAndGoesOnFromItsPart(String shell) throws IOException {
        try (ConnectionPool pool = on(shell)) {
            Path file = file("it's", 48 * 1024 * 1024 + 17);
            Copied copied = Copy.over(pool).push(file, ".", Job.create());
            assertThat(copied.unverified()).isEmpty();
            assertThat(Files.mismatch(home().resolve("it's"), file)).isEqualTo(-1);
            Files.delete(home().resolve("it's"));

            // A copy that fails under way leaves a part, and the same copy sends no more than the rest.
            Job job = Job.withTimeout(Duration.ofMinutes(1));
            Copy cut = Copy.builder(pool)
                    .stripes(1)
                    .listener((done, total) -> {
                        if (done > total / 2) {
                            job.cancel();
                        }
                    })
                    .build();
            assertThatThrownBy(() -> cut.push(file, ".", job)).isInstanceOf(RuntimeException.class);
            part(home());
            Copied rest = Copy.over(pool).push(file, ".", Job.create());
            assertThat(rest.unverified()).isEmpty();
            assertThat(rest.resumed()).isPositive();
            assertThat(Files.mismatch(home().resolve("it's"), file)).isEqualTo(-1);
        }
    }
}
