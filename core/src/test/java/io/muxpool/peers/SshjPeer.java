package io.muxpool.peers;

import io.muxpool.testkit.SshEndpoint;
import java.io.InputStream;
import net.schmizz.sshj.SSHClient;
import net.schmizz.sshj.connection.channel.direct.Session;
import net.schmizz.sshj.transport.verification.PromiscuousVerifier;

final class SshjPeer implements Peer {
    private final SSHClient client = new SSHClient();

    SshjPeer(SshEndpoint server, int port) throws Exception {
        client.addHostKeyVerifier(new PromiscuousVerifier());
        client.connect(server.host(), port);
        client.getSocket().setTcpNoDelay(true);
        client.authPublickey(server.user(), server.dir().resolve("user_key").toString());
    }

    @Override
    public String name() {
        return "sshj";
    }

    @FunctionalInterface
    private interface Reading<T> {
        T of(InputStream from) throws Exception;
    }

    private <T> T with(String line, Reading<T> reading) throws Exception {
        try (Session session = client.startSession();
                Session.Command command = session.exec(line)) {
            T result = reading.of(command.getInputStream());
            command.join();
            Peer.requireZero(command.getExitStatus());
            return result;
        }
    }

    @Override
    public byte[] run(String line) throws Exception {
        return with(line, InputStream::readAllBytes);
    }

    @Override
    public long count(String line) throws Exception {
        return with(line, Peer::count);
    }

    @Override
    public void close() throws Exception {
        client.close();
    }
}
