package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
class CommandGateTest {
    private static final Duration PATIENT = Duration.ofSeconds(30);

    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final List<Process> waiting = new ArrayList<>();

    @AfterEach
    void clean() {
        waiting.forEach(Process::destroyForcibly);
        temp.close();
    }

    /** Starts a shell that says that it is there, waits at the gate, and says that it has passed. */
    private Process shell(CommandGate gate) throws Exception {
        Process shell = new ProcessBuilder("/bin/sh", "-c", "echo here; " + gate.waitLine() + "; echo passed").start();
        waiting.add(shell);
        shell.getOutputStream().close();
        byte[] said = shell.getInputStream().readNBytes("here\n".length());
        assertThat(new String(said, StandardCharsets.US_ASCII)).isEqualTo("here\n");
        return shell;
    }

    private static void assertPasses(Process shell) throws Exception {
        assertThat(Await.exitOf(shell, PATIENT)).isZero();
        assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                .isEqualTo("passed\n");
    }

    @Test
    void allWaitUntilItIsOpenedAndNobodyWaitsAfterwards() throws Exception {
        try (CommandGate gate = CommandGate.shut(temp.resolve("it's a gate"))) {
            List<Process> shells = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                shells.add(shell(gate));
            }
            assertThat(Await.exitOf(shell(gate), Duration.ofMillis(200))).isEqualTo(-1);
            assertThat(shells).allMatch(Process::isAlive);
            gate.open();
            for (Process shell : shells) {
                assertPasses(shell);
            }
            assertPasses(shell(gate));
            gate.open();
        }
        assertThat(temp.path()).isEmptyDirectory();
    }

    @Test
    void whoWaitsIsLetGoWhenTheTestEndsWithoutOpeningIt() throws Exception {
        CommandGate gate = CommandGate.shut(temp.resolve("gate"));
        Process shell = shell(gate);
        Await.until(PATIENT, () -> holdsOpen(shell.pid(), "gate"));
        gate.close();
        gate.close();
        assertPasses(shell);
    }

    @Test
    void openedOneCanBeShutAgain() throws Exception {
        CommandGate first = CommandGate.shut(temp.resolve("gate"));
        first.open();
        try (CommandGate second = CommandGate.shut(temp.resolve("gate"))) {
            Process shell = shell(second);
            first.open();
            assertThat(Await.exitOf(shell, Duration.ofMillis(200))).isEqualTo(-1);
        }
    }

    private static boolean holdsOpen(long pid, String name) {
        Path input = Path.of("/proc/" + pid + "/fd/0");
        try {
            return !Files.exists(input) || Files.readSymbolicLink(input).endsWith(name);
        } catch (IOException e) {
            return false;
        }
    }
}
