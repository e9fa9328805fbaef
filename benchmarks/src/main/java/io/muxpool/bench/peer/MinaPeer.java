package io.muxpool.bench.peer;

import io.muxpool.bench.result.Series;
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
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private final SshClient client = SshClient.setUpDefaultClient();
    private final ClientSession session;

    MinaPeer(Destination destination) throws Exception {
        Destination.Direct direct = destination.required();
        CoreModuleProperties.TCP_NODELAY.set(client, true);
        client.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
        client.setKeyIdentityProvider(new FileKeyPairProvider(direct.identity()));
        client.start();
        session = client.connect(direct.user(), direct.host(), direct.port())
                .verify(LIMIT)
                .getSession();
        session.auth().verify(LIMIT);
    }

    @Override
    public String name() {
        return "mina";
    }

    @Override
    public Series.Kind kind() {
        return Series.Kind.PEER;
    }

    private void with(String line, long input, OutputStream out) throws Exception {
        try (ChannelExec channel = session.createExecChannel(line)) {
            channel.setOut(out);
            if (input >= 0) {
                channel.setIn(Bytes.zeros(input));
            }
            channel.open().verify(LIMIT);
            channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), LIMIT);
            Bytes.requireZero(channel.getExitStatus());
        }
    }

    @Override
    public byte[] run(String line) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        with(line, -1, out);
        return out.toByteArray();
    }

    @Override
    public long download(String line) throws Exception {
        Bytes.Counter out = new Bytes.Counter();
        with(line, -1, out);
        return out.sum();
    }

    @Override
    public byte[] upload(String line, long bytes) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        with(line, bytes, out);
        return out.toByteArray();
    }

    @Override
    public void close() {
        client.stop();
    }
}
