package io.muxpool.peers;

import io.muxpool.testkit.SshEndpoint;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.EnumSet;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;
import org.apache.sshd.core.CoreModuleProperties;

final class MinaPeer implements Peer {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final SshClient client = SshClient.setUpDefaultClient();
    private final ClientSession session;

    MinaPeer(SshEndpoint server, int port) throws Exception {
        CoreModuleProperties.TCP_NODELAY.set(client, true);
        client.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
        client.setKeyIdentityProvider(new FileKeyPairProvider(server.dir().resolve("user_key")));
        client.start();
        session =
                client.connect(server.user(), server.host(), port).verify(LIMIT).getSession();
        session.auth().verify(LIMIT);
    }

    @Override
    public String name() {
        return "mina";
    }

    private void with(String line, OutputStream out) throws Exception {
        try (ChannelExec channel = session.createExecChannel(line)) {
            channel.setOut(out);
            channel.open().verify(LIMIT);
            channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), LIMIT);
            Peer.requireZero(channel.getExitStatus());
        }
    }

    @Override
    public byte[] run(String line) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        with(line, out);
        return out.toByteArray();
    }

    @Override
    public long count(String line) throws Exception {
        Counting out = new Counting();
        with(line, out);
        return out.sum;
    }

    private static final class Counting extends OutputStream {
        private long sum;

        @Override
        public void write(int b) {
            sum++;
        }

        @Override
        public void write(byte[] bytes, int start, int length) {
            sum += length;
        }
    }

    @Override
    public void close() {
        client.stop();
    }
}
