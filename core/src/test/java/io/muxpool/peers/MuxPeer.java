package io.muxpool.peers;

import io.muxpool.Command;
import io.muxpool.ConnectionPool;
import io.muxpool.Output;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** Ourselves, with the native transport. */
final class MuxPeer implements Peer {
    private final String name;
    private final ConnectionPool pool;

    MuxPeer(String name, Path config, Path sockets, UnaryOperator<ConnectionPool.Builder> options) {
        this.name = name;
        Remote remote = Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(config)
                .socketDir(sockets)
                .transport(TransportKind.MUX)
                .exitOnShutdown(true)
                .build();
        pool = options.apply(ConnectionPool.builder(remote, name)).open();
    }

    ConnectionPool pool() {
        return pool;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public byte[] run(String line) {
        // The others log nothing; a line for each command on the console would be measured with it.
        return pool.run(Command.shell(line).withLogLevel(Level.DEBUG)).check().stdout();
    }

    @Override
    public long count(String line) {
        long[] sum = new long[1];
        OutputStream counting = new OutputStream() {
            @Override
            public void write(int b) {
                sum[0]++;
            }

            @Override
            public void write(byte[] bytes, int start, int length) {
                sum[0] += length;
            }
        };
        pool.run(Command.shell(line).withStdout(Output.stream(counting)).withLogLevel(Level.DEBUG))
                .check();
        return sum[0];
    }

    @Override
    public void close() {
        pool.close();
    }
}
