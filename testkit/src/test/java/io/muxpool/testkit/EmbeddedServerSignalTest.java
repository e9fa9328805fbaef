package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;
import org.apache.sshd.common.util.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the ssh program cannot ask for: signals. */
@ExtendWith(LeakCheck.class)
class EmbeddedServerSignalTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @Test
    void deliversASignalToTheCommandAndReportsItsDeath() throws Exception {
        try (EmbeddedServer server = EmbeddedServer.start();
                SshClient client = SshClient.setUpDefaultClient()) {
            client.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
            client.setKeyIdentityProvider(new FileKeyPairProvider(identity(server)));
            client.start();
            try (ClientSession session = client.connect(server.user(), server.host(), server.port())
                    .verify(TIMEOUT)
                    .getSession()) {
                session.auth().verify(TIMEOUT);
                ChannelExec channel = session.createExecChannel("echo ready; exec sleep 615");
                channel.open().verify(TIMEOUT);
                BufferedReader out =
                        new BufferedReader(new InputStreamReader(channel.getInvertedOut(), StandardCharsets.UTF_8));
                assertThat(out.readLine()).isEqualTo("ready");

                channel.writePacket(signal(channel, "TERM"));

                channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), TIMEOUT);
                assertThat(channel.getExitSignal()).isEqualTo("TERM");
                assertThat(channel.getExitStatus()).isNull();
            }
        }
    }

    private static Path identity(EmbeddedServer server) {
        return server.dir().resolve("user_key");
    }

    private static Buffer signal(ChannelExec channel, String name) {
        Buffer buffer = channel.getSession().createBuffer(SshConstants.SSH_MSG_CHANNEL_REQUEST);
        buffer.putUInt(channel.getRecipient());
        buffer.putString("signal");
        buffer.putBoolean(false);
        buffer.putString(name);
        return buffer;
    }
}
