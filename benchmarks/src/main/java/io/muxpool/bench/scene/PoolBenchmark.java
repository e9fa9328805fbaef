package io.muxpool.bench.scene;

import io.muxpool.Connection;
import io.muxpool.ConnectionPool;
import io.muxpool.Remote;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A slot taken and given back. Nothing is connected: that is for the first command. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@SuppressWarnings("NullAway.Init") // by open
public class PoolBenchmark {
    private ConnectionPool pool;

    /** Opens the pool. */
    @Setup
    public void open() {
        Remote remote = Remote.builder("nowhere")
                .socketDir(Path.of(System.getProperty("java.io.tmpdir"), "muxpool-jmh-unused"))
                .build();
        pool = ConnectionPool.builder(remote, "jmh").capacity(64).open();
    }

    /** What is measured. */
    @Benchmark
    public Object takeAndReturn() {
        Connection connection = pool.connection();
        connection.close();
        return connection;
    }

    /** Closes it. */
    @TearDown
    public void close() {
        pool.close();
    }
}
