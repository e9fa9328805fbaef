package io.muxpool.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
final class HostPatternsTest {
    private static final List<String> PATTERNS = List.of(
            "*",
            "web",
            "web*",
            "w?b",
            "*b",
            "web !web1",
            "!web",
            "* !w*",
            "*.example web",
            "a b  c",
            "w*b*1",
            "?",
            "**",
            "WEB");

    private static final List<String> HOSTS = List.of("web", "web1", "wxb", "a.example", "c", "WEB", "wabab1", "x");

    /** Differentially: what ssh itself says, in one call for each host. */
    @Test
    void matchesAsSshDoes() throws IOException, InterruptedException {
        try (ShortTemp temp = ShortTemp.create()) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < PATTERNS.size(); i++) {
                text.append("Host ")
                        .append(PATTERNS.get(i))
                        .append("\n    SendEnv P")
                        .append(i)
                        .append("_\n");
            }
            Path config = Files.writeString(temp.resolve("config"), text);
            for (String host : HOSTS) {
                Process ssh = new ProcessBuilder("ssh", "-F", config.toString(), "-G", host)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                String said = new String(ssh.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(ssh.waitFor()).isZero();
                for (int i = 0; i < PATTERNS.size(); i++) {
                    assertThat(HostPatterns.match(PATTERNS.get(i), host))
                            .as("Host %s for %s", PATTERNS.get(i), host)
                            .isEqualTo(said.contains("sendenv P" + i + "_"));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"web* !web9, true", "'\"web\"', false", "web # all, false", "w[ab], false"})
    void onlyPlainPatternsAreRead(String patterns, boolean simple) {
        assertThat(HostPatterns.areSimple(patterns)).isEqualTo(simple);
    }
}
