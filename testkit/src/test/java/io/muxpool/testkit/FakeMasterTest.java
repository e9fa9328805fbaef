package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
@SuppressWarnings("NullAway.Init") // by start
class FakeMasterTest {

    private static final Duration PATIENCE = MuxClient.PATIENCE;
    private static final int ALIVE_CHECK = 0x10000004;
    private static final int TERMINATE = 0x10000005;
    private static final int STOP_LISTENING = 0x10000009;
    private static final int PROXY = 0x1000000f;

    private ShortTemp temp;
    private FakeMaster master;

    @BeforeEach
    void start() {
        temp = ShortTemp.create();
        master = FakeMaster.start(temp.resolve("s"));
    }

    @AfterEach
    void stop() {
        master.close();
        assertThat(Files.exists(master.socket())).isFalse();
        temp.close();
    }

    @Test
    void saysHelloWithItsExtensions() throws IOException {
        master.hello(4, "info", "0");
        try (MuxClient client = MuxClient.connect(master.socket())) {
            Fields hello = client.message();
            assertThat(hello.uint32()).isEqualTo(1);
            assertThat(hello.uint32()).isEqualTo(4);
            assertThat(hello.text()).isEqualTo("info");
            assertThat(hello.text()).isEqualTo("0");
            assertThat(hello.atEnd()).isTrue();
        }
    }

    /** OpenSSH's own client is the judge of what its masters say. */
    @Test
    void convincesTheRealSsh() {
        assertThat(control("check").err())
                .contains("Master running (pid=" + ProcessHandle.current().pid());
        assertThat(control("stop").err()).contains("Stop listening request sent");
        assertThat(Files.exists(master.socket())).isFalse();
        assertThat(master.requests())
                .containsExactly(MuxRequest.HELLO, MuxRequest.ALIVE_CHECK, MuxRequest.HELLO, MuxRequest.STOP_LISTENING);
    }

    @Test
    void tellsAnotherPidIfAsked() throws IOException {
        master.pid(4711);
        assertAnswer(ALIVE_CHECK, 0x80000005L, 4711);
    }

    @Test
    void refusesWithAReason() throws IOException {
        master.answer(MuxRequest.PROXY, Answer.failure("not today"));
        assertRefusal(PROXY, 0x80000003L, "not today");
        master.answer(MuxRequest.PROXY, Answer.permissionDenied("not you"));
        assertRefusal(PROXY, 0x80000002L, "not you");
        assertRefusal(0x20000001, 0x80000003L, "unsupported request");
    }

    @Test
    void staysSilentOrHangsUpOrTalksNonsense() throws IOException {
        master.answer(MuxRequest.ALIVE_CHECK, Answer.silence());
        try (MuxClient client = MuxClient.greeted(master.socket())) {
            client.send(WireBytes.mux(ALIVE_CHECK).uint32(1));
            client.send(WireBytes.mux(PROXY).uint32(2));
            assertThat(Await.until(PATIENCE, () -> master.requests().contains(MuxRequest.PROXY)))
                    .isTrue();
            assertThat(client.read()).isZero();
        }
        master.answer(MuxRequest.ALIVE_CHECK, Answer.close());
        try (MuxClient client = MuxClient.greeted(master.socket())) {
            client.send(WireBytes.mux(ALIVE_CHECK).uint32(1));
            assertThat(client.atEnd()).isTrue();
        }
        master.answer(MuxRequest.HELLO, Answer.rawThenClose((byte) 0, (byte) 0));
        try (MuxClient client = MuxClient.connect(master.socket())) {
            assertThat(client.everything()).containsExactly(0, 0);
        }
    }

    @Test
    void takesEverythingInOneWrite() throws IOException {
        byte[] hello = WireBytes.mux(1).uint32(4).framed();
        byte[] proxy = WireBytes.mux(PROXY).uint32(9).framed();
        byte[] eof = WireBytes.channel(Frame.EOF).uint32(77).framed();
        ByteBuffer all = ByteBuffer.allocate(100).put(hello).put(proxy).put(eof).flip();
        try (MuxClient client = MuxClient.connect(master.socket())) {
            assertThat(client.offer(all)).isTrue();
            client.message();
            assertThat(client.message().uint32()).isEqualTo(0x8000000fL);
            Attached attached = master.attached(PATIENCE);
            assertThat(attached.await(Frame.EOF, PATIENCE).recipient()).isEqualTo(77);
            assertThat(master.frames()).hasSize(1);
        }
    }

    @Test
    void handsOutWhatAClientSaysAndSaysWhatItIsTold() throws IOException {
        try (MuxClient client = MuxClient.attached(master.socket())) {
            Attached attached = master.attached(PATIENCE);
            client.open(3, 1000);
            Frame open = attached.await(Frame.OPEN, PATIENCE);
            assertThat(open.channelType()).isEqualTo("session");
            assertThat(open.clientId()).isEqualTo(3);
            assertThat(open.window()).isEqualTo(1000);
            assertThat(open.maxPacket()).isEqualTo(32_768);
            assertThat(attached.unansweredOpens()).containsExactly(3);

            attached.confirm(3, 44, 0, 32_768);
            Fields confirmation = client.frame(Frame.OPEN_CONFIRMATION).fields();
            assertThat(confirmation.uint32()).isEqualTo(3);
            assertThat(confirmation.uint32()).isEqualTo(44);
            assertThat(attached.unansweredOpens()).isEmpty();

            client.request(44, "exec", "echo hi");
            Frame exec = attached.awaitRequest("exec", PATIENCE);
            assertThat(exec.wantReply()).isTrue();
            assertThat(exec.requestFields().text()).isEqualTo("echo hi");

            attached.exitSignal(3, "KILL", true, "");
            Frame signal = client.frame(Frame.REQUEST);
            assertThat(signal.isRequest("exit-signal")).isTrue();
            Fields fields = signal.requestFields();
            assertThat(fields.text()).isEqualTo("KILL");
            assertThat(fields.flag()).isTrue();

            attached.extended(3, 1, (byte) 5);
            assertThat(client.frame(Frame.EXTENDED_DATA).payload())
                    .containsExactly(0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 5);
            attached.closeSocket();
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        assertThatThrownBy(() -> master.attached(Duration.ofMillis(20)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("No client attached");
        MuxClient client = MuxClient.attached(master.socket());
        Attached attached = master.attached(PATIENCE);
        assertThatThrownBy(() -> attached.await(Duration.ofMillis(20))).hasMessageContaining("No frame within");
        client.open(1, 0);
        assertThatThrownBy(() -> attached.awaitRequest("exec", PATIENCE)).hasMessageContaining("Not of type 98");
        client.close();
        assertThat(attached.awaitClosed(PATIENCE)).isTrue();
        assertThatThrownBy(() -> attached.await(PATIENCE)).hasMessageContaining("before the connection closed");
        assertThatThrownBy(() -> attached.eof(1)).isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void letsTheClientsWritesBlockWhileItDoesNotRead() throws IOException {
        try (MuxClient client = MuxClient.attached(master.socket())) {
            Attached attached = master.attached(PATIENCE);
            attached.stopReading();
            ByteBuffer out = ByteBuffer.allocate(2_000_000);
            for (int i = 0; i < 100; i++) {
                out.put(WireBytes.channel(Frame.DATA)
                        .uint32(1)
                        .string(new byte[10_000])
                        .framed());
            }
            out.flip();
            assertThat(client.offer(out)).isFalse();
            assertThat(client.offer(out)).isFalse();
            assertThat(attached.frames()).isEmpty();

            attached.resumeReading();
            assertThat(Await.until(PATIENCE, () -> client.offer(out))).isTrue();
            for (int i = 0; i < 100; i++) {
                assertThat(attached.await(Frame.DATA, PATIENCE).data()).hasSize(10_000);
            }
        }
    }

    @Test
    void endsEveryConnectionWhenTerminated() throws IOException {
        try (MuxClient attached = MuxClient.attached(master.socket());
                MuxClient other = MuxClient.greeted(master.socket())) {
            other.send(WireBytes.mux(TERMINATE).uint32(5));
            assertThat(other.message().uint32()).isEqualTo(0x80000001L);
            assertThat(other.atEnd()).isTrue();
            assertThat(attached.atEnd()).isTrue();
            assertThat(master.attached(PATIENCE).awaitClosed(PATIENCE)).isTrue();
            assertThat(master.connections()).isZero();
        }
    }

    @Test
    void keepsConnectionsWhenItStopsListening() throws IOException {
        try (MuxClient client = MuxClient.greeted(master.socket())) {
            client.send(WireBytes.mux(STOP_LISTENING).uint32(5));
            assertThat(client.message().uint32()).isEqualTo(0x80000001L);
            assertThatThrownBy(() -> MuxClient.connect(master.socket())).isInstanceOf(IOException.class);
            client.send(WireBytes.mux(PROXY).uint32(6));
            assertThat(client.message().uint32()).isEqualTo(0x8000000fL);
        }
    }

    @Test
    void complainsAboutAClientThatBreaksTheProtocol() throws IOException {
        try (MuxClient client = MuxClient.attached(master.socket())) {
            client.sendRaw(new byte[] {0, 64, 0, 1});
            assertThat(client.atEnd()).isTrue();
        }
        assertThatThrownBy(master::close)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("a message of 4194305 bytes");
        assertThatCode(master::close).doesNotThrowAnyException();
    }

    @Test
    void listensNowhereIfThePathIsTaken() {
        assertThatThrownBy(() -> FakeMaster.start(master.socket()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(master.socket().toString());
    }

    private Run control(String what) {
        return Run.ssh(
                temp.resolve("none"), "-F", "/dev/null", "-S", master.socket().toString(), "-O", what, "box");
    }

    private void assertAnswer(int request, long answer, long value) throws IOException {
        try (MuxClient client = MuxClient.greeted(master.socket())) {
            client.send(WireBytes.mux(request).uint32(17));
            Fields fields = client.message();
            assertThat(fields.uint32()).isEqualTo(answer);
            assertThat(fields.uint32()).isEqualTo(17);
            assertThat(fields.uint32()).isEqualTo(value);
        }
    }

    private void assertRefusal(int request, long answer, String reason) throws IOException {
        try (MuxClient client = MuxClient.greeted(master.socket())) {
            client.send(WireBytes.mux(request).uint32(17));
            Fields fields = client.message();
            assertThat(fields.uint32()).isEqualTo(answer);
            assertThat(fields.uint32()).isEqualTo(17);
            assertThat(fields.text()).isEqualTo(reason);
        }
    }
}
