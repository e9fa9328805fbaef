package io.muxpool.examples;

import io.muxpool.Command;
import io.muxpool.Connection;
import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.RetryPolicy;
import java.time.Duration;

/** A command on a pooled connection, tried again as long as it has certainly not started. */
final class Example {
    private Example() {}

    public static void main(String[] args) {
        Remote remote = Remote.builder("alice@127.0.0.1").build();
        RetryPolicy retryPolicy = RetryPolicy.builder()
                .maxRetries(10)
                .minSleep(Duration.ZERO)
                .initialMaxSleep(Duration.ofMillis(125))
                .maxSleep(Duration.ofSeconds(10))
                .maxElapsed(Duration.ofSeconds(60))
                .build();
        try (ConnectionPool pool = ConnectionPool.open(remote, "example")) {
            Job job = Job.create();
            String stdout = retryPolicy.call(retry -> {
                try (Connection connection = pool.connection()) {
                    return connection
                            .run(Command.of("echo", "hello"), job)
                            .check()
                            .stdoutText();
                }
            });
            System.out.println("stdout: " + stdout);
        }
    }
}
