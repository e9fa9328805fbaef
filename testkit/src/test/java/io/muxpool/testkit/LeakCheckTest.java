package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class LeakCheckTest {

    private final LeakCheck impatient = new LeakCheck(thread -> false, Duration.ofMillis(100));
    private final LeakSnapshot before = impatient.snapshot();

    @Test
    void namesALeakedProcess() throws Exception {
        Process sleeper = new ProcessBuilder("sleep", "612").start();
        try {
            assertThatThrownBy(this::check).hasMessageContaining("process " + sleeper.pid() + ": sleep 612");
        } finally {
            sleeper.destroyForcibly().waitFor();
        }
    }

    @Test
    void namesALeakedThreadWithItsStack() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        Thread thread = new Thread(() -> awaitUninterruptibly(release), "muxpool-forgotten");
        thread.setDaemon(true);
        thread.start();
        try {
            assertThatThrownBy(this::check)
                    .hasMessageContaining("thread muxpool-forgotten")
                    .hasMessageContaining("java.util.concurrent.CountDownLatch.await");
            LeakCheck tolerant =
                    new LeakCheck(other -> other.getName().equals("muxpool-forgotten"), Duration.ofMillis(100));
            assertThatCode(() -> tolerant.assertNothingNewSince(before)).doesNotThrowAnyException();
        } finally {
            release.countDown();
            thread.join();
        }
    }

    @Test
    void namesALeakedSocketAndAnOpenTemporaryFile() throws Exception {
        try (ShortTemp temp = ShortTemp.create();
                ServerSocket socket = new ServerSocket(0, 1, Loopback.address());
                var file = Files.newOutputStream(temp.resolve("open"))) {
            file.write(1);
            assertThat(socket.isBound()).isTrue();
            assertThatThrownBy(this::check)
                    .hasMessageContaining("-> socket:[")
                    .hasMessageContaining("-> " + temp.resolve("open"));
        }
    }

    @Test
    void namesAMasterThatLeftTheProcessTreeUntilItIsEnded() {
        try (OpenSshServer server = OpenSshServer.start();
                ShortTemp sockets = ShortTemp.create()) {
            LeakSnapshot withServer = impatient.snapshot();
            Path socket = sockets.resolve("s");
            Run.master(server, socket);
            assertThatThrownBy(() -> impatient.assertNothingNewSince(withServer))
                    .hasMessageContaining("ssh: " + socket + " [mux]");

            LeakCheck.endMasters(sockets.path());

            assertThat(Processes.withArgument(sockets.toString())).isEmpty();
            assertThat(Processes.alive(server.pid())).isTrue();
        }
    }

    @Test
    void waitsForWhatIsAboutToEnd() throws Exception {
        LeakCheck patient = new LeakCheck(thread -> false, Duration.ofSeconds(10));
        new ProcessBuilder("sleep", "0.3").start();
        assertThatCode(() -> patient.assertNothingNewSince(before)).doesNotThrowAnyException();
    }

    private void check() {
        impatient.assertNothingNewSince(before);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
