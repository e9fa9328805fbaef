package io.muxpool.bench.peer;

import com.jcraft.jsch.ChannelExec;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.Session;
import io.muxpool.bench.result.Series;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

final class JschPeer implements Peer {
    // It has no way to wait for a channel's end but to look again; its examples sleep a second.
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    private final Session session;

    JschPeer(Destination destination) throws Exception {
        Destination.Direct direct = destination.required();
        JSch jsch = new JSch();
        jsch.addIdentity(direct.identity().toString());
        session = jsch.getSession(direct.user(), direct.host(), direct.port());
        session.setConfig("StrictHostKeyChecking", "no");
        session.connect();
    }

    @Override
    public String name() {
        return "jsch";
    }

    @Override
    public Series.Kind kind() {
        return Series.Kind.PEER;
    }

    @FunctionalInterface
    private interface Use<T> {
        T of(InputStream from) throws Exception;
    }

    private <T> T with(String line, long input, Use<T> use) throws Exception {
        ChannelExec channel = (ChannelExec) session.openChannel("exec");
        try {
            channel.setCommand(line.getBytes(StandardCharsets.UTF_8));
            if (input >= 0) {
                channel.setInputStream(Bytes.zeros(input));
            }
            InputStream out = channel.getInputStream();
            channel.connect();
            T result = use.of(out);
            while (!channel.isClosed()) {
                LockSupport.parkNanos(LOOK_AGAIN_NANOS);
            }
            Bytes.requireZero(channel.getExitStatus());
            return result;
        } finally {
            channel.disconnect();
        }
    }

    @Override
    public byte[] run(String line) throws Exception {
        return with(line, -1, InputStream::readAllBytes);
    }

    @Override
    public long download(String line) throws Exception {
        return with(line, -1, Bytes::count);
    }

    @Override
    public byte[] upload(String line, long bytes) throws Exception {
        return with(line, bytes, InputStream::readAllBytes);
    }

    @Override
    public void close() {
        session.disconnect();
    }
}
