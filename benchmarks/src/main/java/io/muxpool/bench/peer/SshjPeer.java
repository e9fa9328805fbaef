package io.muxpool.bench.peer;

import io.muxpool.bench.result.Series;
import net.schmizz.sshj.SSHClient;
import net.schmizz.sshj.connection.channel.direct.Session;
import net.schmizz.sshj.transport.verification.PromiscuousVerifier;

final class SshjPeer implements Peer {
    private final SSHClient client = new SSHClient();

    SshjPeer(Destination destination) throws Exception {
        Destination.Direct direct = destination.required();
        client.addHostKeyVerifier(new PromiscuousVerifier());
        client.connect(direct.host(), direct.port());
        client.getSocket().setTcpNoDelay(true);
        client.authPublickey(direct.user(), direct.identity().toString());
    }

    @Override
    public String name() {
        return "sshj";
    }

    @Override
    public Series.Kind kind() {
        return Series.Kind.PEER;
    }

    @FunctionalInterface
    private interface Use<T> {
        T of(Session.Command command) throws Exception;
    }

    private <T> T with(String line, Use<T> use) throws Exception {
        try (Session session = client.startSession();
                Session.Command command = session.exec(line)) {
            T result = use.of(command);
            command.join();
            Bytes.requireZero(command.getExitStatus());
            return result;
        }
    }

    @Override
    public byte[] run(String line) throws Exception {
        return with(line, command -> command.getInputStream().readAllBytes());
    }

    @Override
    public long download(String line) throws Exception {
        return with(line, command -> Bytes.count(command.getInputStream()));
    }

    @Override
    public byte[] upload(String line, long bytes) throws Exception {
        return with(line, command -> {
            Bytes.zeros(command.getOutputStream(), bytes);
            return command.getInputStream().readAllBytes();
        });
    }

    @Override
    public void close() throws Exception {
        client.close();
    }
}
