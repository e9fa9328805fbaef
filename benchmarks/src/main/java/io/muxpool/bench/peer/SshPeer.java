package io.muxpool.bench.peer;

import io.muxpool.bench.result.Series;
import io.muxpool.testkit.Ssh;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An ssh process for each command: on a warm master of its own, or plain, with a handshake each. */
final class SshPeer implements Peer {
    private final Destination destination;
    private final @Nullable SshMaster master;

    private SshPeer(Destination destination, @Nullable SshMaster master) {
        this.destination = destination;
        this.master = master;
    }

    static SshPeer onMaster(Destination destination, Path socket) throws Exception {
        return new SshPeer(destination, SshMaster.start(destination, socket));
    }

    static SshPeer plain(Destination destination) {
        return new SshPeer(destination, null);
    }

    @Override
    public String name() {
        return master == null ? "plain ssh" : "ssh -S";
    }

    @Override
    public Series.Kind kind() {
        return Series.Kind.PEER;
    }

    private Process start(String line) throws Exception {
        List<String> words = master == null
                ? destination.ssh(Ssh.program(), List.of("-oControlPath=none"), line)
                : destination.ssh(Ssh.program(), List.of("-S", master.socket().toString()), line);
        return new ProcessBuilder(words)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @FunctionalInterface
    private interface Use<T> {
        T of(InputStream from) throws Exception;
    }

    private <T> T with(String line, long input, Use<T> use) throws Exception {
        Process process = start(line);
        try (InputStream out = process.getInputStream()) {
            Bytes.zeros(process.getOutputStream(), input);
            T result = use.of(out);
            Bytes.requireZero(process.waitFor());
            return result;
        }
    }

    @Override
    public byte[] run(String line) throws Exception {
        return with(line, 0, InputStream::readAllBytes);
    }

    @Override
    public long download(String line) throws Exception {
        return with(line, 0, Bytes::count);
    }

    @Override
    public byte[] upload(String line, long bytes) throws Exception {
        return with(line, bytes, InputStream::readAllBytes);
    }

    @Override
    public List<Long> masters() {
        return master == null ? List.of() : List.of(master.pid());
    }

    @Override
    public void close() throws Exception {
        if (master != null) {
            master.close();
        }
    }
}
