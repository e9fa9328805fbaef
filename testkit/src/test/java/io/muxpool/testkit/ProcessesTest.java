package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class ProcessesTest {

    @Test
    void findsSignalsAndAwaitsAProcess() throws Exception {
        // Nobody else on this machine sleeps that long.
        String time = "613." + ProcessHandle.current().pid();
        Process sleeper = new ProcessBuilder("sleep", time).start();
        assertThat(Processes.withArgument("sleep " + time)).containsExactly(sleeper.pid());
        assertThat(Processes.alive(sleeper.pid())).isTrue();
        assertThat(Processes.awaitGone(sleeper.pid(), Duration.ofMillis(20))).isFalse();

        Processes.signal(sleeper.pid(), "TERM");

        assertThat(Processes.awaitGone(sleeper.pid(), Duration.ofSeconds(30))).isTrue();
        assertThat(sleeper.waitFor()).isEqualTo(143);
        Processes.signal(sleeper.pid(), "TERM");
    }

    /** The shell's child has ended, and the shell, replaced by a program that never waits, leaves it a zombie. */
    @Test
    void takesAZombieForDead() throws IOException {
        Process parent = new ProcessBuilder("/bin/sh", "-c", "sleep 0 & echo $!; exec sleep 614").start();
        long child = Long.parseLong(parent.inputReader().readLine());
        assertThat(Processes.awaitGone(child, Duration.ofSeconds(30))).isTrue();
        assertThat(Processes.commandLine(child)).isEmpty();
        Processes.killTrees(List.of(parent.pid()));
        assertThat(Processes.alive(parent.pid())).isFalse();
    }

    @Test
    void saysWhenASignalIsRefused() {
        assertThatThrownBy(() -> Processes.signal(ProcessHandle.current().pid(), "NOSUCH"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("NOSUCH");
    }
}
