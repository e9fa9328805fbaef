package io.muxpool.peers;

import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/** {@code ssh -S} through ProcessBuilder on a warm master of its own. */
final class SshProcessPeer implements Peer {
    private final Path config;
    private final Path socket;

    SshProcessPeer(Path config, Path socket) throws Exception {
        this.config = config;
        this.socket = socket;
        Process master = builder("-M", "-N", "-f", "-oControlPersist=60").start();
        Peer.requireZero(master.waitFor());
    }

    private ProcessBuilder builder(String... more) {
        ProcessBuilder builder = new ProcessBuilder(
                Ssh.program(), "-F", config.toString(), "-S", socket.toString(), "-T", "-oBatchMode=yes");
        builder.command().addAll(List.of(more));
        builder.command().add(SshEndpoint.ALIAS);
        return builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    }

    @Override
    public String name() {
        return "ssh -S";
    }

    private Process start(String line) throws Exception {
        ProcessBuilder builder = builder();
        builder.command().add(line);
        return builder.start();
    }

    @Override
    public byte[] run(String line) throws Exception {
        Process process = start(line);
        try (InputStream out = process.getInputStream()) {
            byte[] bytes = out.readAllBytes();
            Peer.requireZero(process.waitFor());
            return bytes;
        }
    }

    @Override
    public long count(String line) throws Exception {
        Process process = start(line);
        try (InputStream out = process.getInputStream()) {
            long sum = Peer.count(out);
            Peer.requireZero(process.waitFor());
            return sum;
        }
    }

    @Override
    public void close() throws Exception {
        builder("-O", "exit").start().waitFor();
    }
}
