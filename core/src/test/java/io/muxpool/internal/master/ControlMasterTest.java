package io.muxpool.internal.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.SshConnectException;
import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.internal.mux.wire.MasterTalk;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real master that is to retire, and sockets behind which somebody else sits. */
@Timeout(120)
final class ControlMasterTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private static final Duration SOON = Duration.ofSeconds(30);

    private final ShortTemp sockets = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.start();
    private final Path socket = sockets.resolve("m");
    private final ControlMaster master = new ControlMaster(
            Remote.builder(SshEndpoint.ALIAS)
                    .configFile(server.clientConfig())
                    .socketDir(sockets.path())
                    .build(),
            socket);

    @AfterEach
    void stop() {
        LeakCheck.endMasters(sockets.path());
        server.close();
        sockets.close();
    }

    private long started() throws PathUnusableException {
        return master.ensure(Job.create()).pid();
    }

    @Test
    void aMasterThatStoppedListeningServesWhoIsThereAndThenEnds() throws Exception {
        long pid = started();
        try (MasterTalk talk = MasterTalk.proxy(socket)) {
            assertThat(master.stopListening()).isTrue();
            assertThat(socket).doesNotExist();
            assertThat(master.isAlive(pid, Job.create())).isFalse();

            int theirs = talk.session(1);
            talk.send(new ChannelMessage.Request(theirs, true, new ChannelRequest.Exec("exit 4")));
            List<ChannelMessage> messages = talk.untilClose(theirs);
            assertThat(messages).contains(new ChannelMessage.Request(1, false, new ChannelRequest.ExitStatus(4)));
            assertThat(Processes.alive(pid)).isTrue();
        }
        assertThat(Processes.awaitGone(pid, SOON)).isTrue();
    }

    @Test
    void anotherMasterAtThePathOutlivesTheOneThatStoppedListening() throws Exception {
        long first = started();
        MasterTalk talk = MasterTalk.proxy(socket);
        long second;
        try (talk) {
            assertThat(master.stopListening()).isTrue();
            ControlMaster.Ready ready = master.ensure(Job.create());
            second = ready.pid();
            assertThat(ready.reused()).isFalse();
            assertThat(second).isNotEqualTo(first);
        }
        assertThat(Processes.awaitGone(first, SOON)).isTrue();
        assertThat(master.isAlive(second, Job.create())).isTrue();
    }

    @Test
    void aMasterWithNobodyOnItEndsWhenItStopsListening() throws Exception {
        long pid = started();
        assertThat(master.stopListening()).isTrue();
        assertThat(Processes.awaitGone(pid, SOON)).isTrue();
    }

    @Test
    void aMasterStartsWithoutASessionOnTheServer() throws Exception {
        Path sessions = sockets.resolve("sessions");
        try (OpenSshServer counting = OpenSshServer.builder()
                .option("ForceCommand", "echo one >>" + sessions)
                .start()) {
            Remote remote = Remote.builder(SshEndpoint.ALIAS)
                    .configFile(counting.clientConfig())
                    .build();
            assertThat(new ControlMaster(remote, socket).ensure(Job.create()).reused())
                    .isFalse();
            assertThat(sessions).doesNotExist();
            LeakCheck.endMasters(sockets.path());
        }
    }

    /** ssh goes on without its socket then, in the background, for as long as the server lets it. */
    @Test
    void aMasterThatFoundItsPathTakenAtTheLastMomentIsNotLeftBehind() throws Exception {
        Path program = Files.writeString(sockets.resolve("late"), """
                #!/bin/sh
                case " $* " in *" -M "*) : >%s ;; esac
                exec %s "$@"
                """.formatted(socket, Ssh.program()));
        assertThat(program.toFile().setExecutable(true)).isTrue();
        Remote remote = Remote.builder(SshEndpoint.ALIAS)
                .configFile(server.clientConfig())
                .sshProgram(program.toString())
                .build();
        assertThatThrownBy(() -> new ControlMaster(remote, socket).ensure(Job.create()))
                .isInstanceOf(SshConnectException.class)
                .hasMessageContaining("already exists");
        assertThat(Processes.awaitNoneWithArgument("-S " + socket, SOON)).isTrue();
    }

    @Test
    void whereNoMasterIsNobodyListens() throws Exception {
        assertThat(master.stopListening()).isTrue();
        long pid = started();
        Processes.signal(pid, "KILL");
        assertThat(Processes.awaitGone(pid, SOON)).isTrue();
        assertThat(socket).exists();
        assertThat(master.stopListening()).isTrue();
    }

    @Test
    void aHungMasterDoesNotAgreeAndIsNotWaitedForLong() throws Exception {
        long pid = started();
        Processes.signal(pid, "STOP");
        try {
            long start = System.nanoTime();
            assertThat(master.stopListening()).isFalse();
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofSeconds(4), Duration.ofSeconds(10));
        } finally {
            Processes.signal(pid, "CONT");
        }
    }

    @Test
    void anInterruptedThreadStillStopsTheListening() throws Exception {
        long pid = started();
        Thread.currentThread().interrupt();
        assertThat(master.stopListening()).isTrue();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(Processes.awaitGone(pid, SOON)).isTrue();
    }

    /** Whoever listens at the socket says these bytes to its first caller, and nothing more. */
    private <T> T against(String hex, Callable<T> work) throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            FutureTask<T> task = new FutureTask<>(work);
            Thread caller = new Thread(task, "caller");
            caller.start();
            try (SocketChannel accepted = listener.accept()) {
                ByteBuffer out = ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
                while (out.hasRemaining()) {
                    accepted.write(out);
                }
                return task.get();
            } finally {
                caller.join();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ffffffff",
                "00000001 00",
                "00000008 00000001 00000003",
                "00000008 80000001 00000001",
                "00000008 00000001 00000004  00000008 80000001 00000001",
                "00000008 00000001 00000004  0000000c 80000005 00000002 00000007",
                "00000008 00000001 00000004  0000000c 80000003 00000001 00000000"
            })
    void whoeverSpeaksAnotherProtocolPassesForHung(String words) throws Exception {
        assertThat(against(words, () -> ControlSocket.check(socket, Job.create())))
                .isEqualTo(new Liveness.Hung());
    }

    /** Its end of the socket was closed with our words unread: what we get is an error, and no end of file. */
    @Test
    void aMasterThatGoesAwayWhileItIsAskedDoesNotPassForHung() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            FutureTask<Liveness> task = new FutureTask<>(() -> ControlSocket.check(socket, Job.create()));
            Thread caller = new Thread(task, "caller");
            caller.start();
            listener.accept().close();
            assertThat(task.get()).isEqualTo(new Liveness.Dead());
            caller.join();
        }
    }

    @Test
    void anAnswerIsUnderstoodBehindLongExtensions() throws Exception {
        String value = "61".repeat(1000);
        assertThat(against(
                        "000003f9 00000001 00000004 00000001 78 000003e8 " + value
                                + " 0000000c 80000005 00000001 ffffffff",
                        () -> ControlSocket.check(socket, Job.create())))
                .isEqualTo(new Liveness.Alive(0xffff_ffffL));
    }

    @Test
    void aMasterThatRefusesToStopListeningIsKnownToListen() throws Exception {
        assertThat(against(
                        "00000008 00000001 00000004  0000000e 80000002 00000001 00000002 6e6f", master::stopListening))
                .isFalse();
    }
}
