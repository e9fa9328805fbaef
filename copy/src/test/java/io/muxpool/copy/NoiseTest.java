package io.muxpool.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.testkit.OpenSshServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers where something else speaks before, beside or in place of what a copy asks. */
@Timeout(120)
final class NoiseTest extends OnOneServer {
    private static final Path BASH = Path.of("/bin/bash");

    private CopyException failedPush(ConnectionPool pool) throws Exception {
        Path original = file("original", 1000);
        return catchThrowableOfType(CopyException.class, () -> Copy.over(pool).push(original, "there", Job.create()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo Welcome to box", "echo; echo 'Welcome to box'; echo more", "printf 'Welcome to box'"})
    void aStartFileThatPrintsIsNamedAndNotTakenForALoss(String line) throws Exception {
        assumeTrue(OpenSshServer.Builder.canChooseLoginShell(), "only root can make an account with a start file");
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().loginShell(BASH).option("Subsystem", "sftp " + SERVE))) {
            Files.writeString(home().resolve(".bashrc"), line + "\n");
            CopyException e = failedPush(pool);
            assertThat(e)
                    .hasMessageContainingAll("not SFTP", "Welcome to box", "start file")
                    .hasMessageNotContaining("lost");
            assertThat(e.retrySafe()).isFalse();
            // As scp: it says `Received message too long`.
            assertThat(scp(file("original", 1000).toString(), "box:there")).isNotZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo Welcome to box", "printf 'no line feed'", "echo warning >&2", "seq 1 5000"})
    void linesBesideAChecksumDoNoHarm(String line) throws Exception {
        assumeTrue(OpenSshServer.Builder.canChooseLoginShell(), "only root can make an account with a start file");
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().loginShell(BASH).option("Subsystem", "sftp internal-sftp"))) {
            Files.writeString(home().resolve(".bashrc"), line + "\n");
            for (int size : List.of(1000, 9 * Runs.LENGTH)) {
                Path original = file("original", size);
                assertThat(Copy.over(pool).push(original, "there", Job.create()).sha256())
                        .isPresent();
                assertThat(Copy.over(pool)
                                .pull("there", temp.resolve("back"), Job.create())
                                .sha256())
                        .isPresent();
            }
        }
    }

    @Test
    void aProgramThatWarnsBesideItsChecksumDoesNoHarm() throws Exception {
        Path programs = Files.createDirectory(temp.resolve("bin"));
        Path openssl = Files.writeString(
                programs.resolve("openssl"), "#!/bin/sh\necho WARNING: no configuration\nsha256sum\necho bye\n");
        assertThat(openssl.toFile().setExecutable(true)).isTrue();
        try (ConnectionPool pool = pool(sftp().option("SetEnv", "PATH=" + programs + ":/usr/bin:/bin"))) {
            Path original = file("original", 1000);
            assertThat(Copy.over(pool).push(original, "there", Job.create()).sha256())
                    .isPresent();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bin/false", "sh -c 'exit 3'"})
    void underAForcedCommandNoSubsystemLineIsAskedFor(String forced) throws Exception {
        try (ConnectionPool pool = pool(sftp().option("ForceCommand", forced))) {
            CopyException e = failedPush(pool);
            assertThat(e)
                    .hasMessageContainingAll("no SFTP", "ForceCommand", forced.equals("/bin/false") ? "status 1" : "3")
                    .hasMessageNotContaining("needs a line");
            assertThat(e.retrySafe()).isFalse();
        }
    }

    @Test
    void aForcedCommandThatAnswersIsShown() throws Exception {
        try (ConnectionPool pool = pool(sftp().option("ForceCommand", "echo only backups here"))) {
            assertThat(failedPush(pool)).hasMessageContainingAll("not SFTP", "only backups here", "ForceCommand");
        }
    }
}
