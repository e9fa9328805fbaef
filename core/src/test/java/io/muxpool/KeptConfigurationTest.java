package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.internal.text.Sha256;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.SshEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pool that finds what ssh said of its configuration the last time need not ask, and does what it says. */
@Timeout(120)
final class KeptConfigurationTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server =
            OpenSshServer.builder().option("AcceptEnv", "SEEN").start();
    private final Path config = temp.resolve("config");

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        server.close();
        temp.close();
    }

    private void configure(String value) throws IOException {
        Files.writeString(config, "Host *\n    SetEnv SEEN=" + value + "\n" + Files.readString(server.clientConfig()));
    }

    private Remote remote() {
        return Remote.builder(SshEndpoint.ALIAS)
                .configFile(config)
                .socketDir(temp.resolve("s"))
                .build();
    }

    private String seen() {
        try (ConnectionPool pool = ConnectionPool.open(remote(), "kept")) {
            return pool.run("sh", "-c", "echo $SEEN").check().stdoutText().strip();
        }
    }

    private List<Path> notes() throws IOException {
        try (Stream<Path> all = Files.walk(temp.resolve("s"))) {
            return all.filter(path -> path.endsWith("config")).toList();
        }
    }

    @Test
    void anotherPoolDoesWhatTheNoteSaysUntilTheConfigurationChanges() throws IOException {
        configure("one");
        Awaitility.await().pollInterval(Duration.ofMillis(300)).until(() -> {
            assertThat(seen()).isEqualTo("one");
            return !notes().isEmpty();
        });
        Path note = notes().get(0);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(note)))
                .isEqualTo("rw-------");
        String text = Files.readString(note);
        int body = text.indexOf("\n\n") + 2;
        String other = text.substring(body).replace("SEEN=one", "SEEN=noted");
        Files.writeString(
                note, text.substring(0, body).replaceFirst("(?m)^body .*$", "body " + Sha256.base64(other)) + other);
        assertThat(seen()).isEqualTo("noted");
        Files.setPosixFilePermissions(note, PosixFilePermissions.fromString("rw-rw----"));
        assertThat(seen()).as("others could have written it").isEqualTo("one");
        configure("two");
        assertThat(seen()).isEqualTo("two");
        // Which makes no unsafe place of the directory.
        assertThat(Doctor.examine(remote(), Job.create(), finding -> {}))
                .noneMatch(finding -> finding.verdict() == Finding.Verdict.PROBLEM);
    }
}
