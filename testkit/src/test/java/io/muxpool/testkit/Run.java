package io.muxpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Runs a program to its end and keeps what it wrote. */
final class Run {

    private final int exit;
    private final byte[] out;
    private final byte[] err;

    private Run(int exit, byte[] out, byte[] err) {
        this.exit = exit;
        this.out = out;
        this.err = err;
    }

    static Run ssh(Path config, String... words) {
        return sshWithInput(config, new byte[0], words);
    }

    static Run sshWithInput(Path config, byte[] input, String... words) {
        List<String> argv = new ArrayList<>(List.of(Ssh.program(), "-F", config.toString(), "-oBatchMode=yes"));
        argv.addAll(List.of(words));
        return program(argv, input);
    }

    /** A master that goes to the background; the file takes its stderr, since it keeps that open for life. */
    static void master(SshEndpoint server, Path socket) {
        try {
            Process start = new ProcessBuilder(
                            Ssh.program(),
                            "-F",
                            server.clientConfig().toString(),
                            "-oBatchMode=yes",
                            "-M",
                            "-oControlPersist=60s",
                            "-S",
                            socket.toString(),
                            SshEndpoint.ALIAS,
                            "exit")
                    .redirectErrorStream(true)
                    .redirectOutput(socket.resolveSibling("master.log").toFile())
                    .start();
            start.getOutputStream().close();
            if (Await.exitOf(start, Duration.ofSeconds(30)) != 0) {
                throw new AssertionError("The master did not start");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Run program(List<String> argv, byte[] input) {
        try {
            Process process = new ProcessBuilder(argv).start();
            CompletableFuture<byte[]> out = CompletableFuture.supplyAsync(() -> readAll(process.getInputStream()));
            CompletableFuture<byte[]> err = CompletableFuture.supplyAsync(() -> readAll(process.getErrorStream()));
            try (OutputStream in = process.getOutputStream()) {
                in.write(input);
            } catch (IOException e) {
                // The program reads no more, which is its right.
            }
            int exit = Await.exitOf(process, Duration.ofSeconds(20));
            return new Run(exit, out.join(), err.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] readAll(InputStream in) {
        try (in) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int exit() {
        return exit;
    }

    byte[] bytes() {
        return out;
    }

    String out() {
        return new String(out, UTF_8);
    }

    String err() {
        return new String(err, UTF_8);
    }
}
