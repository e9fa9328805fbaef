package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;

/**
 * Holds shell commands back, here or on a test's server, until a test opens it. A command waits by reading a named pipe
 * of which this JVM has the writing end: any number of them wait without using the processor, and all end their wait when
 * the gate is opened or closed, or when this JVM dies.
 *
 * <p>A command that comes after the gate was opened passes at once, until the gate is closed. Thread-safe.
 */
public final class CommandGate implements AutoCloseable {

    private static final Duration HELPER_TIMEOUT = Duration.ofSeconds(60);

    private final Path path;
    private final FileChannel writer;

    private CommandGate(Path path, FileChannel writer) {
        this.path = path;
        this.writer = writer;
    }

    /**
     * Creates a shut gate, which every user may wait at who can reach its directory.
     *
     * @param path where its pipe is made; what an opened gate left there is replaced
     */
    public static CommandGate shut(Path path) {
        Path made = path.resolveSibling(path.getFileName() + ".new");
        try {
            makePipe(made);
            // For both directions: opening it for writing only would wait for a reader.
            FileChannel writer = FileChannel.open(made, StandardOpenOption.READ, StandardOpenOption.WRITE);
            try {
                Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-r--r--"));
                Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                writer.close();
                throw e;
            }
            return new CommandGate(path, writer);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot make a gate at " + path, e);
        }
    }

    /** The shell line, without a separator at its end, that waits until the gate is open. */
    public String waitLine() {
        return "read -r gate <'" + path.toString().replace("'", "'\\''") + "'";
    }

    /** Lets go all commands that wait, and all that come later. Harmless when repeated. */
    public void open() {
        if (!writer.isOpen()) {
            return;
        }
        try {
            // Who comes from now on reads an empty file; who has the pipe open reads the end of it.
            Path empty = Files.write(path.resolveSibling(path.getFileName() + ".open"), new byte[0]);
            Files.setPosixFilePermissions(empty, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(empty, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot open the gate at " + path, e);
        } finally {
            letGo();
        }
    }

    /** Lets go all commands that wait, and deletes the pipe. Harmless when repeated. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot delete the gate at " + path, e);
        } finally {
            letGo();
        }
    }

    private void letGo() {
        try {
            writer.close();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot close the gate at " + path, e);
        }
    }

    /** Java has no call for it. */
    private static void makePipe(Path path) throws IOException {
        Process mkfifo = new ProcessBuilder(List.of("mkfifo", path.toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        mkfifo.getOutputStream().close();
        int exit = Await.exitOf(mkfifo, HELPER_TIMEOUT);
        if (exit != 0) {
            throw new IOException("mkfifo ended with " + exit);
        }
    }
}
