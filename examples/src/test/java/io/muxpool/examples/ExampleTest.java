package io.muxpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.EmbeddedServer;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The example as a user runs it: a JVM of its own, the user's ssh, a home with its ~/.ssh. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
final class ExampleTest {
    @Test
    void theExampleRunsAsItStands() throws IOException, InterruptedException {
        try (ShortTemp home = ShortTemp.create();
                EmbeddedServer server = EmbeddedServer.start()) {
            // The example goes to alice@127.0.0.1 with the user's own configuration. ssh finds that through the
            // password
            // database, not through HOME, so an ssh of this name adds the test's.
            Path ssh = Files.createDirectory(home.resolve("bin")).resolve("ssh");
            Files.writeString(
                    ssh,
                    "#!/bin/sh\nexec /usr/bin/env PATH=\"$REAL_PATH\" ssh -F '" + server.clientConfig() + "' \"$@\"\n");
            Files.setPosixFilePermissions(ssh, PosixFilePermissions.fromString("rwx------"));
            ProcessBuilder builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Duser.home=" + home.path(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    "io.muxpool.examples.Example");
            String path = System.getenv("PATH");
            builder.environment().put("REAL_PATH", path);
            builder.environment().put("PATH", ssh.getParent() + ":" + path);
            Path errors = home.resolve("stderr");
            builder.redirectError(errors.toFile());
            Process example = builder.start();
            try {
                String stdout = new String(example.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(example.waitFor()).as(Files.readString(errors)).isZero();
                assertThat(stdout).isEqualTo("stdout: hello\n\n");
                // The master is left warm, where the next run looks for it.
                assertThat(home.resolve(".ssh/muxpool/mux")).isDirectory();
            } finally {
                LeakCheck.endMasters(home.path());
            }
        }
    }
}
