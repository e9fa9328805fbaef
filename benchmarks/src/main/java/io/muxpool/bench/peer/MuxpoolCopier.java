package io.muxpool.bench.peer;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.bench.result.Series;
import io.muxpool.copy.Copied;
import io.muxpool.copy.Copy;
import io.muxpool.testkit.Ssh;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Ourselves: checksums on both sides are part of what is measured. */
public final class MuxpoolCopier implements Copier {
    private final String name;
    private final Series.Kind kind;
    private final ConnectionPool pool;
    private final Copy copy;

    private MuxpoolCopier(String name, Series.Kind kind, ConnectionPool pool, Copy copy) {
        this.name = name;
        this.kind = kind;
        this.pool = pool;
        this.copy = copy;
    }

    /**
     * Opens a pool; its connection is made by its first copy, and stopped with it.
     *
     * @param sockets a directory of its own
     * @param stripes the most channels for a file
     */
    public static MuxpoolCopier open(
            String name, Series.Kind kind, Destination destination, Path sockets, int stripes) {
        List<String> words = new ArrayList<>(Remote.DEFAULT_EXTRA_OPTIONS);
        words.addAll(Destination.ONLY_COMMANDS);
        Remote remote = Remote.builder(destination.name())
                .extraOptions(words)
                .sshProgram(Ssh.program())
                .configFile(destination.config())
                .socketDir(sockets)
                .exitOnShutdown(true)
                .build();
        ConnectionPool pool = ConnectionPool.open(remote, "bench");
        return new MuxpoolCopier(
                name, kind, pool, Copy.builder(pool).stripes(stripes).build());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Series.Kind kind() {
        return kind;
    }

    @Override
    public void push(Path local, String remote) {
        require(copy.push(local, remote, Job.create()));
    }

    @Override
    public void pull(String remote, Path local) {
        require(copy.pull(remote, local, Job.create()));
    }

    private static void require(Copied copied) {
        if (copied.sha256().isEmpty()) {
            throw new IllegalStateException("no checksum was made: " + copied.unverified());
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
