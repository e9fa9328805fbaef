package io.muxpool.bench.peer;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.ConnectionPool;
import io.muxpool.Input;
import io.muxpool.Output;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.bench.result.Series;
import io.muxpool.testkit.Ssh;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/** Ourselves, over one connection. */
public final class MuxpoolPeer implements Peer {
    private final String name;
    private final Series.Kind kind;
    private final ConnectionPool pool;
    private volatile OptionalLong master = OptionalLong.empty();

    private MuxpoolPeer(String name, Series.Kind kind, ConnectionPool pool) {
        this.name = name;
        this.kind = kind;
        this.pool = pool;
    }

    /**
     * Opens a pool; its connection is made by its first command, and stopped with it.
     *
     * @param sockets a directory of its own
     */
    public static MuxpoolPeer open(
            String name,
            Series.Kind kind,
            Destination destination,
            Path sockets,
            TransportKind transport,
            UnaryOperator<ConnectionPool.Builder> options) {
        List<String> words = new ArrayList<>(Remote.DEFAULT_EXTRA_OPTIONS);
        words.addAll(Destination.ONLY_COMMANDS);
        Remote remote = Remote.builder(destination.name())
                .extraOptions(words)
                .sshProgram(Ssh.program())
                .configFile(destination.config())
                .socketDir(sockets)
                .transport(transport)
                .exitOnShutdown(true)
                .build();
        return new MuxpoolPeer(
                name,
                kind,
                options.apply(ConnectionPool.builder(remote, "bench").maxConnections(1))
                        .open());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Series.Kind kind() {
        return kind;
    }

    private CommandResult ran(Command command) {
        // The others log nothing; a line for each command on the console would be measured with it.
        CommandResult result = pool.run(command.withLogLevel(Level.DEBUG)).check();
        master = result.masterPid();
        return result;
    }

    @Override
    public byte[] run(String line) {
        return ran(Command.shell(line)).stdout();
    }

    @Override
    public long download(String line) {
        Bytes.Counter counter = new Bytes.Counter();
        ran(Command.shell(line).withStdout(Output.stream(counter)));
        return counter.sum();
    }

    @Override
    public byte[] upload(String line, long bytes) {
        return ran(Command.shell(line).withStdin(Input.stream(Bytes.zeros(bytes))))
                .stdout();
    }

    @Override
    public List<Long> masters() {
        OptionalLong known = master;
        return known.isPresent() ? List.of(known.getAsLong()) : List.of();
    }

    @Override
    public void close() {
        pool.close();
    }
}
