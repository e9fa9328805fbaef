package io.muxpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The script {@code muxpool}, with a java that only shows its environment. */
@Timeout(60)
final class LauncherTest {
    private final ShortTemp temp = ShortTemp.create();
    private final Path launcher = temp.resolve("muxpool");

    @BeforeEach
    void layOut() throws IOException {
        // Tests run in the directory of their module.
        Files.copy(Path.of("..", "muxpool"), launcher, StandardCopyOption.COPY_ATTRIBUTES);
        Path target = Files.createDirectories(temp.resolve("cli/target"));
        Files.createFile(target.resolve("muxpool-cli.jar"));
        Files.setLastModifiedTime(
                Files.createFile(target.resolve(".built")),
                FileTime.from(Instant.now().plusSeconds(60)));
        Path bin = Files.createDirectories(temp.resolve("java/bin"));
        Files.writeString(temp.resolve("java/release"), "JAVA_VERSION=\"17.0.1\"\n");
        Path java = Files.writeString(bin.resolve("java"), "#!/bin/sh\nexec env\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
    }

    @AfterEach
    void stop() {
        temp.close();
    }

    private Map<String, String> seenByJava(Map<String, String> variables) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(launcher.toString(), "leases");
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.matches("LC_.*|LANG|JAVA_TOOL_OPTIONS|MUXPOOL_.*"));
        environment.put("JAVA_HOME", temp.resolve("java").toString());
        environment.putAll(variables);
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return new HashMap<>(out.lines()
                .filter(line -> line.indexOf('=') > 0)
                .map(line -> List.of(line.split("=", 2)))
                .collect(Collectors.toMap(pair -> pair.get(0), pair -> pair.get(1), (first, later) -> first)));
    }

    @Test
    void localeThatIsChangedForJavaIsKept() throws Exception {
        assertThat(seenByJava(Map.of("LANG", "de_DE")))
                .containsEntry("LC_ALL", "C.UTF-8")
                .containsEntry("MUXPOOL_SAVED_LC_ALL", "unset")
                .containsEntry("LANG", "de_DE");
        assertThat(seenByJava(Map.of("LC_ALL", "PO SIX'$x")))
                .containsEntry("LC_ALL", "C.UTF-8")
                .containsEntry("MUXPOOL_SAVED_LC_ALL", "set:PO SIX'$x");
        assertThat(seenByJava(Map.of("LC_ALL", ""))).containsEntry("MUXPOOL_SAVED_LC_ALL", "set:");
        assertThat(seenByJava(Map.of("LANG", "de_DE.UTF-8"))).doesNotContainKeys("LC_ALL", "MUXPOOL_SAVED_LC_ALL");
    }

    @Test
    void optionsThatJavaWouldAnnounceAreKept() throws Exception {
        assertThat(seenByJava(Map.of("JAVA_TOOL_OPTIONS", "-Da=b -Dc", "LC_ALL", "C.UTF-8")))
                .containsEntry("MUXPOOL_SAVED_JAVA_TOOL_OPTIONS", "set:-Da=b -Dc")
                .doesNotContainKeys("JAVA_TOOL_OPTIONS", "MUXPOOL_SAVED__JAVA_OPTIONS");
    }

    /** Otherwise reading the terminal in the background of a shell would stop the whole job. */
    @Test
    void javaIsNotStoppedByATerminal() throws Exception {
        assumeTrue(
                Files.exists(Path.of("/proc/self/status")),
                "what a process ignores is told in /proc, which is not here");
        Path java = temp.resolve("java/bin/java");
        Files.writeString(java, "#!/bin/sh\nsed -n 's/^SigIgn:/ignored=/p' /proc/self/status\n");
        String ignored = seenByJava(Map.of("LC_ALL", "C.UTF-8")).getOrDefault("ignored", "0");
        int ttin = 21;
        assertThat(Long.parseUnsignedLong(ignored.strip(), 16) >> (ttin - 1) & 1)
                .isEqualTo(1);
    }
}
