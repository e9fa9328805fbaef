package io.muxpool.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.OpenSshServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Copies in a process that may not have an open file for each of them. */
@Timeout(120)
final class CopyLimitsTest extends OnOneServer {
    /** Each is made, or says that the limit was reached; and a later one is made. */
    @Test
    void moreCopiesAtATimeThanThereMayBeOpenFilesAreMadeOrSayThatTheLimitIsReached() throws Exception {
        OpenSshServer started = sftp().option("MaxStartups", "100").start();
        server = started;
        List<String> words = List.of(
                "/bin/bash",
                "-c",
                "ulimit -n 250; exec \"$@\"",
                "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                CrowdedCopies.class.getName(),
                started.clientConfig().toString(),
                temp.resolve("s").toString(),
                temp.path().toString());
        // Into a file: the wait for its end is one that the test's time-out can interrupt.
        Path out = temp.resolve("out");
        Process process = new ProcessBuilder(words)
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            process.getOutputStream().close();
            process.waitFor();
            List<String> lines = Files.readAllLines(out);
            assertThat(lines).hasSize(2);
            assertThat(lines.get(0)).matches("\\{copied=\\d+(, limit=\\d+)?}");
            assertThat(lines.get(1)).isEqualTo("copied");
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
