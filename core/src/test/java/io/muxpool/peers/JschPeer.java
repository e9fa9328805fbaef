package io.muxpool.peers;

import com.jcraft.jsch.ChannelExec;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.Session;
import io.muxpool.testkit.SshEndpoint;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

final class JschPeer implements Peer {
    private final Session session;

    JschPeer(SshEndpoint server, int port) throws Exception {
        JSch jsch = new JSch();
        jsch.addIdentity(server.dir().resolve("user_key").toString());
        session = jsch.getSession(server.user(), server.host(), port);
        session.setConfig("StrictHostKeyChecking", "no");
        session.connect();
    }

    @Override
    public String name() {
        return "jsch";
    }

    @FunctionalInterface
    private interface Reading<T> {
        T of(InputStream from) throws Exception;
    }

    private <T> T with(String line, Reading<T> reading) throws Exception {
        ChannelExec channel = (ChannelExec) session.openChannel("exec");
        try {
            channel.setCommand(line.getBytes(StandardCharsets.UTF_8));
            InputStream out = channel.getInputStream();
            channel.connect();
            T result = reading.of(out);
            while (!channel.isClosed()) {
                Thread.onSpinWait();
            }
            Peer.requireZero(channel.getExitStatus());
            return result;
        } finally {
            channel.disconnect();
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
    public void close() {
        session.disconnect();
    }
}
