package io.muxpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class CountingSshTest {

    @Test
    void becomesTheRealProgramAndKeepsItsWords() throws IOException {
        try (CountingSsh ssh = CountingSsh.create()) {
            assertThat(ssh.count()).isZero();
            Process version = start(ssh, "-V");
            assertThat(version.inputReader().readLine()).startsWith("OpenSSH");
            assertThat(Await.exitOf(version, Duration.ofSeconds(30))).isZero();
            version.getInputStream().close();
            assertThat(ssh.calls()).containsExactly(List.of("-V"));
        }
    }

    @Test
    void notesEveryWordUnchanged() throws IOException {
        try (CountingSsh echo = CountingSsh.of("/bin/echo")) {
            Process process = start(echo, "", "a b", "new\nline", "$HOME", "*", "'");
            assertThat(new String(process.getInputStream().readAllBytes(), UTF_8))
                    .isEqualTo(" a b new\nline $HOME * '\n");
            assertThat(Await.exitOf(process, Duration.ofSeconds(30))).isZero();
            assertThat(echo.calls()).containsExactly(List.of("", "a b", "new\nline", "$HOME", "*", "'"));
        }
    }

    @Test
    void countsCallsAtTheSameTime() {
        try (CountingSsh program = CountingSsh.of("true")) {
            List<Process> processes = IntStream.range(0, 20)
                    .mapToObj(i -> start(program, "call", Integer.toString(i)))
                    .collect(toList());
            processes.forEach(process ->
                    assertThat(Await.exitOf(process, Duration.ofSeconds(30))).isZero());
            assertThat(program.count()).isEqualTo(20);
            assertThat(program.calls()).allMatch(call -> call.size() == 2).doesNotHaveDuplicates();
        }
    }

    @Test
    void isGoneWhenClosed() {
        CountingSsh ssh = CountingSsh.create();
        Path program = Path.of(ssh.program());
        assertThat(Files.isExecutable(program)).isTrue();
        ssh.close();
        ssh.close();
        assertThat(Files.exists(program.getParent())).isFalse();
    }

    private static Process start(CountingSsh program, String... words) {
        try {
            List<String> argv = new ArrayList<>(List.of(program.program()));
            argv.addAll(List.of(words));
            Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
