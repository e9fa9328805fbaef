package io.muxpool.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.jspecify.annotations.Nullable;

/**
 * One command of a client that this JVM answers itself, without a process, so that thousands a second are possible. It
 * knows {@code echo WORDS}, {@code cat}, {@code head -c BYTES /dev/zero}, {@code wc -c} and {@code true}, each also with
 * a path before it, in words without quotes; all else ends with 127, as a shell says of what it does not find.
 */
final class BuiltinCommand implements Command {
    private static final int CHUNK = 32 * 1024;

    // A command takes moments, and the threads are gone soon after the last: no server needs to end them.
    private static final ExecutorService THREADS = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 200, TimeUnit.MILLISECONDS, new SynchronousQueue<>(), BuiltinCommand::thread);

    private final String line;
    private @Nullable InputStream in;
    private @Nullable OutputStream out;
    private @Nullable OutputStream err;
    private @Nullable ExitCallback callback;

    BuiltinCommand(String line) {
        this.line = line;
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "embedded-server-builtin");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void setInputStream(InputStream in) {
        this.in = in;
    }

    @Override
    public void setOutputStream(OutputStream out) {
        this.out = out;
    }

    @Override
    public void setErrorStream(OutputStream err) {
        this.err = err;
    }

    @Override
    public void setExitCallback(ExitCallback callback) {
        this.callback = callback;
    }

    @Override
    public void start(ChannelSession channel, Environment environment) {
        InputStream input = Objects.requireNonNull(in);
        OutputStream output = Objects.requireNonNull(out);
        OutputStream errors = Objects.requireNonNull(err);
        ExitCallback exit = Objects.requireNonNull(callback);
        ShellChannel shell = (ShellChannel) channel;
        THREADS.execute(() -> {
            int status;
            try {
                status = run(List.of(line.split(" ")), input, output, errors);
                output.flush();
                errors.flush();
                // Before the end of the output: behind it, a master may have let go of an `ssh -S` that hears only of
                // that.
                shell.sendExitStatus(status);
            } catch (IOException | RuntimeException e) {
                // The client is gone, or closed the channel, or said what nobody understands.
                status = 255;
            }
            exit.onExit(status);
        });
    }

    private static int run(List<String> words, InputStream in, OutputStream out, OutputStream err) throws IOException {
        String name = words.get(0).substring(words.get(0).lastIndexOf('/') + 1);
        List<String> arguments = words.subList(1, words.size());
        if (name.equals("echo")) {
            print(out, String.join(" ", arguments));
        } else if (name.equals("cat") && arguments.isEmpty()) {
            in.transferTo(out);
        } else if (name.equals("wc") && arguments.equals(List.of("-c"))) {
            print(out, Long.toString(in.transferTo(OutputStream.nullOutputStream())));
        } else if (name.equals("head")
                && arguments.size() == 3
                && arguments.get(0).equals("-c")) {
            zeros(out, Long.parseLong(arguments.get(1)));
        } else if (!name.equals("true")) {
            print(err, name + ": this server has no such command");
            return 127;
        }
        return 0;
    }

    private static void print(OutputStream to, String text) throws IOException {
        to.write((text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void zeros(OutputStream out, long bytes) throws IOException {
        byte[] chunk = new byte[CHUNK];
        for (long left = bytes; left > 0; left -= chunk.length) {
            out.write(chunk, 0, (int) Math.min(left, chunk.length));
        }
    }

    @Override
    public void destroy(ChannelSession channel) {
        // Its streams fail when the channel is gone, and that ends it.
    }
}
