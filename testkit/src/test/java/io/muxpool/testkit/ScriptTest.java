package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
@SuppressWarnings("NullAway.Init") // by start
class ScriptTest {

    private ShortTemp temp;

    @BeforeEach
    void start() {
        temp = ShortTemp.create();
    }

    @AfterEach
    void stop() {
        temp.close();
    }

    @Test
    void runsACommandFromOpenToClose() throws IOException {
        Script script = Script.polite().stdout("out").stderr("err").exit(3);
        try (FakeMaster master = FakeMaster.start(socket()).serve(script);
                MuxClient client = MuxClient.attached(socket())) {
            int serverId = exec(client, 5, 100);
            assertThat(client.frame(Frame.DATA).data()).asString().isEqualTo("out");
            assertThat(client.frame(Frame.EXTENDED_DATA).payload()).endsWith('e', 'r', 'r');
            Frame exit = client.frame(Frame.REQUEST);
            assertThat(exit.isRequest("exit-status")).isTrue();
            assertThat(exit.requestFields().uint32()).isEqualTo(3);
            client.frame(Frame.EOF);
            assertThat(client.frame(Frame.CLOSE).recipient()).isEqualTo(5);
            client.send(WireBytes.channel(Frame.CLOSE).uint32(serverId));
            Attached attached = master.attached(MuxClient.PATIENCE);
            for (int type : new int[] {Frame.OPEN, Frame.REQUEST, Frame.CLOSE}) {
                attached.await(type, MuxClient.PATIENCE);
            }
        }
    }

    @Test
    void sendsOnlyWhatTheWindowHasRoomFor() throws IOException {
        Script script = Script.polite().stdout(new byte[100_000]);
        try (FakeMaster master = FakeMaster.start(socket()).serve(script);
                MuxClient client = MuxClient.attached(socket())) {
            int serverId = exec(client, 0, 40_000);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(client.frame(Frame.DATA).data());
            assertThat(out.size()).isEqualTo(32_768);
            out.writeBytes(client.frame(Frame.DATA).data());
            assertThat(out.size()).isEqualTo(40_000);
            assertThat(client.read()).isZero();
            client.send(WireBytes.channel(Frame.WINDOW_ADJUST).uint32(serverId).uint32(60_000));
            while (out.size() < 100_000) {
                out.writeBytes(client.frame(Frame.DATA).data());
            }
            client.frame(Frame.REQUEST);
            assertThat(master.connections()).isEqualTo(1);
        }
    }

    @Test
    void diesOfTheSignalThatTheClientSends() throws IOException {
        try (FakeMaster master =
                        FakeMaster.start(socket()).serve(Script.polite().runsUntilSignalled());
                MuxClient client = MuxClient.attached(socket())) {
            int serverId = exec(client, 0, 100);
            client.request(serverId, "signal", "TERM");
            client.frame(Frame.SUCCESS);
            Frame exit = client.frame(Frame.REQUEST);
            assertThat(exit.requestName()).isEqualTo("exit-signal");
            assertThat(exit.requestFields().text()).isEqualTo("TERM");
            assertThat(master.connections()).isEqualTo(1);
        }
    }

    @Test
    void refusesWhatItDoesNotKnow() throws IOException {
        try (FakeMaster master = FakeMaster.start(socket()).serve(Script.polite());
                MuxClient client = MuxClient.attached(socket())) {
            client.send(WireBytes.channel(Frame.OPEN)
                    .text("direct-tcpip")
                    .uint32(1)
                    .uint32(0)
                    .uint32(0));
            client.frame(Frame.OPEN_FAILURE);
            client.open(2, 0);
            Fields confirmation = client.frame(Frame.OPEN_CONFIRMATION).fields();
            confirmation.uint32();
            client.request(confirmation.uint32(), "pty-req", "");
            client.frame(Frame.FAILURE);
            assertThat(master.attached(MuxClient.PATIENCE).unansweredOpens()).isEmpty();
        }
    }

    /** The hook holds the confirmation back; the test gives it; the polite server goes on from there. */
    @Test
    void leavesToAHookWhatItDealsWith() throws IOException {
        Script script = Script.polite()
                .on(Frame.OPEN, (client, clientId, frame) -> true)
                .onRequest("exec", (client, clientId, frame) -> {
                    client.request(clientId, "keepalive@openssh.com", true);
                    return false;
                });
        try (FakeMaster master = FakeMaster.start(socket()).serve(script);
                MuxClient client = MuxClient.attached(socket())) {
            Attached attached = master.attached(MuxClient.PATIENCE);
            client.open(8, 100);
            attached.await(Frame.OPEN, MuxClient.PATIENCE);
            attached.confirm(8, 21, 10, 32_768);
            client.frame(Frame.OPEN_CONFIRMATION);
            client.send(WireBytes.channel(Frame.DATA).uint32(21).string(new byte[10]));
            client.frame(Frame.WINDOW_ADJUST);
            client.request(21, "exec", "true");
            assertThat(client.frame(Frame.REQUEST).requestName()).isEqualTo("keepalive@openssh.com");
            client.frame(Frame.WINDOW_ADJUST);
            client.frame(Frame.SUCCESS);
            assertThat(client.frame(Frame.REQUEST).requestName()).isEqualTo("exit-status");
        }
    }

    @Test
    void endsAConnectionThatSendsMoreThanAllowed() {
        assertBroken(
                "A packet of 11 bytes, 11 past the window",
                (client, serverId) -> client.send(
                        WireBytes.channel(Frame.DATA).uint32(serverId).string(new byte[11])));
    }

    @Test
    void endsAConnectionThatNamesNoChannel() {
        assertBroken(
                "For no channel",
                (client, serverId) -> client.send(WireBytes.channel(Frame.EOF).uint32(serverId + 1)));
    }

    @Test
    void endsAConnectionThatTalksAfterItsClose() {
        assertBroken("After the client's own CLOSE", (client, serverId) -> {
            client.send(WireBytes.channel(Frame.CLOSE).uint32(serverId));
            client.send(WireBytes.channel(Frame.EOF).uint32(serverId));
        });
    }

    @Test
    void endsAConnectionThatSendsOtherThanChannelMessages() {
        assertBroken(
                "No channel message",
                (client, serverId) -> client.send(WireBytes.channel(1).uint32(11)));
    }

    @Test
    void reportsAHookThatFails() {
        Script script = Script.polite().on(Frame.OPEN, (client, clientId, frame) -> {
            throw new AssertionError("as scripted");
        });
        assertThatThrownBy(() -> run(script, client -> {})).hasMessageContaining("as scripted");
    }

    private interface Misdeed {
        void by(MuxClient client, long serverId) throws IOException;
    }

    private void assertBroken(String complaint, Misdeed misdeed) {
        assertThatThrownBy(() -> run(Script.polite(), client -> {
                    try {
                        Fields confirmation =
                                client.frame(Frame.OPEN_CONFIRMATION).fields();
                        confirmation.uint32();
                        misdeed.by(client, confirmation.uint32());
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(complaint);
    }

    /** Opens a channel, does something, and awaits that the master hangs up. */
    private void run(Script script, Consumer<MuxClient> then) throws IOException {
        try (FakeMaster master = FakeMaster.start(socket()).serve(script);
                MuxClient client = MuxClient.attached(socket())) {
            client.open(0, 100);
            then.accept(client);
            assertThat(master.attached(MuxClient.PATIENCE).awaitClosed(MuxClient.PATIENCE))
                    .isTrue();
        }
    }

    private Path socket() {
        return temp.resolve("s");
    }

    /** Opens a channel and runs a command on it; the server's number of the channel. */
    private static int exec(MuxClient client, int clientId, long window) throws IOException {
        client.open(clientId, window);
        Fields confirmation = client.frame(Frame.OPEN_CONFIRMATION).fields();
        confirmation.uint32();
        int serverId = confirmation.channelNumber();
        assertThat(confirmation.uint32()).isZero();
        client.request(serverId, "exec", "true");
        client.frame(Frame.WINDOW_ADJUST);
        client.frame(Frame.SUCCESS);
        return serverId;
    }
}
