package io.muxpool.internal.mux.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.SshEndpoint;
import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A real master and a real sshd understand what we write, and each frame of theirs is read and written back byte for byte.
 * With {@code -Dmuxpool.golden=FILE} what was said is kept, for {@link Golden}.
 */
@Timeout(120)
final class RealMasterTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private static final Map<String, List<Golden.Frame>> TALKS = new TreeMap<>();

    private static final int OURS = 5;

    private final ShortTemp sockets = ShortTemp.create();
    private final List<OpenSshServer> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        LeakCheck.endMasters(sockets.path());
        servers.forEach(OpenSshServer::close);
        sockets.close();
    }

    @AfterAll
    static void keep() throws Exception {
        String file = System.getProperty("muxpool.golden");
        if (file != null) {
            Golden.write(Path.of(file), TALKS);
        }
    }

    private Path master(UnaryOperator<OpenSshServer.Builder> options) throws Exception {
        OpenSshServer server = options.apply(OpenSshServer.builder()).start();
        servers.add(server);
        Remote remote = Remote.builder(SshEndpoint.ALIAS)
                .configFile(server.clientConfig())
                .socketDir(sockets.path())
                .build();
        Path socket = sockets.resolve("m" + servers.size());
        new ControlMaster(remote, socket).ensure(Job.create());
        return socket;
    }

    private Path master() throws Exception {
        return master(UnaryOperator.identity());
    }

    /** Each frame that came is what we would have written, and is kept. */
    private static void examine(String title, MasterTalk talk) {
        assertThat(talk.frames()).allSatisfy(frame -> {
            if (!frame.ours()) {
                assertThat(Golden.encode(frame.message()))
                        .as(frame.message().toString())
                        .isEqualTo(frame.bytes());
            }
        });
        TALKS.put(title, talk.frames());
    }

    private static ChannelMessage exec(int theirs, String line) {
        return new ChannelMessage.Request(theirs, true, new ChannelRequest.Exec(line));
    }

    private static String text(List<ChannelMessage> messages) {
        return messages.stream()
                .filter(message -> message instanceof ChannelMessage.Data)
                .map(message -> ((ChannelMessage.Data) message).payload().duplicate())
                .map(payload -> UTF_8.decode(payload).toString())
                .collect(joining());
    }

    private static List<ChannelRequest> requests(List<ChannelMessage> messages) {
        return messages.stream()
                .filter(message -> message instanceof ChannelMessage.Request)
                .map(message -> ((ChannelMessage.Request) message).request())
                .toList();
    }

    @Test
    void aMasterSaysWhoItIsAndThatItDoesNotKnowARequest() throws Exception {
        try (MasterTalk talk = MasterTalk.hello(master())) {
            talk.send(new MuxMessage.AliveCheck(3));
            assertThat(talk.muxMessage())
                    .isInstanceOfSatisfying(
                            MuxMessage.Alive.class,
                            alive -> assertThat(ProcessHandle.of(alive.pid())).isPresent());
            talk.sendUnknown(new byte[] {0, 0, 0, 8, 0x10, 0, 0, 0x7f, 0, 0, 0, 4});
            assertThat(talk.muxMessage()).isEqualTo(new MuxMessage.Failure(4, "unsupported request"));
            examine("alive check, unknown request", talk);
        }
    }

    @Test
    void aMasterAgreesToStopListeningAndThenServesWhoIsThere() throws Exception {
        Path socket = master();
        try (MasterTalk there = MasterTalk.hello(socket);
                MasterTalk talk = MasterTalk.hello(socket)) {
            talk.send(new MuxMessage.StopListening(8));
            assertThat(talk.muxMessage()).isEqualTo(new MuxMessage.Ok(8));
            assertThat(socket).doesNotExist();
            examine("stop listening", talk);
            there.send(new MuxMessage.AliveCheck(9));
            assertThat(there.muxMessage()).isInstanceOf(MuxMessage.Alive.class);
        }
    }

    @Test
    void aMasterEndsWhenToldTo() throws Exception {
        try (MasterTalk talk = MasterTalk.hello(master())) {
            talk.send(new MuxMessage.Terminate(9));
            // It usually leaves before its answer does.
            try {
                assertThat(talk.muxMessage()).isEqualTo(new MuxMessage.Ok(9));
            } catch (EOFException e) {
                assertThat(talk.frames()).hasSize(3);
            }
        }
    }

    @Test
    void aCommandTakesItsInputAndTellsItsOutputsAndItsStatus() throws Exception {
        try (MasterTalk talk = MasterTalk.proxy(master())) {
            int theirs = talk.session(OURS);
            talk.send(new ChannelMessage.Request(theirs, false, new ChannelRequest.Env("LANG", "C")));
            talk.send(exec(theirs, "cat; echo 'g\u00fct' >&2; exit 3"));
            talk.send(new ChannelMessage.Data(theirs, UTF_8.encode("hello\n")));
            talk.send(new ChannelMessage.WindowAdjust(theirs, 77));
            talk.send(new ChannelMessage.Eof(theirs));
            List<ChannelMessage> messages = talk.untilClose(theirs);
            assertThat(messages)
                    .contains(
                            new ChannelMessage.Success(OURS),
                            new ChannelMessage.Data(OURS, UTF_8.encode("hello\n")),
                            new ChannelMessage.ExtendedData(
                                    OURS, ChannelMessage.ExtendedData.STDERR, UTF_8.encode("g\u00fct\n")),
                            new ChannelMessage.Eof(OURS),
                            new ChannelMessage.Request(OURS, false, new ChannelRequest.ExitStatus(3)))
                    .hasAtLeastOneElementOfType(ChannelMessage.WindowAdjust.class)
                    .endsWith(new ChannelMessage.Close(OURS));
            examine("input, outputs, exit-status", talk);
        }
    }

    @Test
    void aCommandThatDiesOfASignalTellsItsNameAndThatItsInputIsNotReadAnyMore() throws Exception {
        try (MasterTalk talk = MasterTalk.proxy(master())) {
            int theirs = talk.session(OURS);
            talk.send(exec(theirs, "kill -TERM $$"));
            assertThat(requests(talk.untilClose(theirs)))
                    .contains(new ChannelRequest.ExitSignal("TERM", false, "", ""), new ChannelRequest.EndOfWrite());
            examine("exit-signal, eow", talk);
        }
    }

    @Test
    void aTerminalHasTheSizeThatItIsGiven() throws Exception {
        OpenSshServer.assumeTerminals();
        try (MasterTalk talk = MasterTalk.proxy(master())) {
            int theirs = talk.session(OURS);
            talk.send(new ChannelMessage.Request(theirs, true, new ChannelRequest.PtyReq("dumb", 80, 24)));
            assertThat(talk.message()).isEqualTo(new ChannelMessage.Success(OURS));
            talk.send(exec(theirs, "stty size; read line; stty size"));
            List<ChannelMessage> before = new ArrayList<>();
            while (!text(before).contains("24 80")) {
                before.add(talk.message());
            }
            talk.send(new ChannelMessage.Request(theirs, false, new ChannelRequest.WindowChange(132, 50)));
            talk.send(new ChannelMessage.Data(theirs, UTF_8.encode("\n")));
            assertThat(text(talk.untilClose(theirs))).contains("50 132");
            examine("pty-req, window-change", talk);
        }
    }

    @Test
    void aServerRefusesWhatItDoesNotKnow() throws Exception {
        try (MasterTalk talk = MasterTalk.proxy(master())) {
            int theirs = talk.session(OURS);
            talk.send(new ChannelMessage.Request(
                    theirs, true, new ChannelRequest.Unknown("no-such@example.org", ByteBuffer.allocate(3))));
            assertThat(talk.message()).isEqualTo(new ChannelMessage.Failure(OURS));
            talk.send(new ChannelMessage.Request(theirs, true, new ChannelRequest.Subsystem("no-such")));
            assertThat(talk.message()).isInstanceOfAny(ChannelMessage.Failure.class, ChannelMessage.WindowAdjust.class);
            talk.send(exec(theirs, "cat"));
            ChannelMessage answer = talk.message();
            while (!(answer instanceof ChannelMessage.Success)) {
                answer = talk.message();
            }
            talk.send(new ChannelMessage.Request(theirs, false, new ChannelRequest.Signal("TERM")));
            talk.send(new ChannelMessage.Eof(theirs));
            talk.untilClose(theirs);
            examine("failure, signal", talk);
        }
    }

    @Test
    void aServerRefusesASecondSessionWhenOneIsAllAndAsksWhetherTheClientIsThere() throws Exception {
        Path socket = master(server -> server.option("MaxSessions", "1").option("ClientAliveInterval", "1"));
        try (MasterTalk talk = MasterTalk.proxy(socket)) {
            int theirs = talk.session(OURS);
            talk.send(new ChannelMessage.Open(6, 1 << 20, 1 << 15));
            assertThat(talk.message()).isEqualTo(new ChannelMessage.OpenFailure(6, 2, "open failed"));
            talk.send(exec(theirs, "cat"));
            ChannelMessage asked = talk.message();
            while (!(asked instanceof ChannelMessage.Request)) {
                asked = talk.message();
            }
            assertThat(asked)
                    .isEqualTo(new ChannelMessage.Request(
                            OURS, true, new ChannelRequest.Unknown("keepalive@openssh.com", ByteBuffer.allocate(0))));
            talk.send(new ChannelMessage.Failure(theirs));
            talk.send(new ChannelMessage.Eof(theirs));
            talk.untilClose(theirs);
            examine("open failure, keepalive", talk);
        }
    }
}
