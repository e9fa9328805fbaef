package io.muxpool.copy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Another process that locks a file, as far as it can. It says what came of it, and lives as long as its input. */
final class OtherProcess implements AutoCloseable {
    private final Process process;
    private final boolean locked;

    private OtherProcess(Path file) {
        List<String> words = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                OtherProcess.class.getName(),
                file.toString());
        try {
            process = new ProcessBuilder(words)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            locked = "locked".equals(process.inputReader().readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean canLock(Path file) {
        try (OtherProcess other = new OtherProcess(file)) {
            return other.locked;
        }
    }

    static OtherProcess locking(Path file) {
        OtherProcess other = new OtherProcess(file);
        if (!other.locked) {
            other.close();
            throw new IllegalStateException("it is locked already: " + file);
        }
        return other;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            process.waitFor();
            process.inputReader().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** In that process. */
    public static void main(String[] args) throws IOException {
        try (FileChannel file = FileChannel.open(Path.of(args[0]), StandardOpenOption.WRITE)) {
            System.out.println(file.tryLock() == null ? "held" : "locked");
            System.out.flush();
            while (System.in.read() >= 0) {
                // Until its end.
            }
        }
    }
}
