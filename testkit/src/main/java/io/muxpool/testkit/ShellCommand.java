package io.muxpool.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.jspecify.annotations.Nullable;

/**
 * One command of a client, run by {@code /bin/sh -c}. Each of its streams has a thread that blocks, since a poller would
 * add its period to everything a client measures.
 *
 * <p>The setters are called before {@link #start}, by one thread; {@link #kill} may be called by any thread.
 */
final class ShellCommand implements Command {

    private static final int CHUNK = 32 * 1024;

    private final String command;
    private final Path directory;
    private @Nullable InputStream in;
    private @Nullable OutputStream out;
    private @Nullable OutputStream err;
    private @Nullable ExitCallback callback;
    private volatile @Nullable Process process;

    ShellCommand(String command, Path directory) {
        this.command = command;
        this.directory = directory;
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
    public void start(ChannelSession channel, Environment environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", command).directory(directory.toFile());
        builder.environment().put("HOME", directory.toString());
        // As sshd has it: the environment of its own process holds another one, if any.
        builder.environment()
                .put("SSH_CONNECTION", connection(channel.getSession().getIoSession()));
        builder.environment().putAll(environment.getEnv());
        Process child = builder.start();
        process = child;
        environment.addSignalListener((ignored, signal) -> Processes.signal(tree(child), signal.name()));

        ShellChannel shell = (ShellChannel) channel;
        InputStream input = Objects.requireNonNull(in);
        OutputStream output = Objects.requireNonNull(out);
        OutputStream errors = Objects.requireNonNull(err);
        ExitCallback exit = Objects.requireNonNull(callback);
        thread("in", () -> pumpInput(input, child.getOutputStream(), shell));
        Thread outPump = thread("out", () -> pumpOutput(child.getInputStream(), output));
        Thread errPump = thread("err", () -> pumpOutput(child.getErrorStream(), errors));
        thread("wait", () -> reportEnd(child, shell, List.of(outPump, errPump), exit));
    }

    private static String connection(IoSession session) {
        InetSocketAddress client = (InetSocketAddress) session.getRemoteAddress();
        InetSocketAddress server = (InetSocketAddress) session.getLocalAddress();
        return client.getAddress().getHostAddress() + " " + client.getPort() + " "
                + server.getAddress().getHostAddress() + " " + server.getPort();
    }

    @Override
    public void destroy(ChannelSession channel) {
        kill();
    }

    /** Kills the command and its descendants, if it still runs. */
    void kill() {
        Process child = process;
        if (child != null && child.isAlive()) {
            List<ProcessHandle> descendants = child.descendants().toList();
            child.destroyForcibly();
            descendants.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static List<Long> tree(Process child) {
        List<Long> pids = new ArrayList<>(List.of(child.pid()));
        child.descendants().map(ProcessHandle::pid).forEach(pids::add);
        return pids;
    }

    private static void reportEnd(Process child, ShellChannel shell, List<Thread> pumps, ExitCallback callback) {
        try {
            int exit = child.waitFor();
            // Before the output is through: a grandchild may hold it open for long, and sshd does not wait for that.
            shell.sendExitStatus(exit);
            for (Thread pump : pumps) {
                pump.join();
            }
            callback.onExit(exit);
        } catch (IOException e) {
            // The connection is gone, and with it whoever wanted to know.
            callback.onExit(255);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pumpOutput(InputStream from, OutputStream to) {
        byte[] chunk = new byte[CHUNK];
        try (from) {
            for (int n = from.read(chunk); n >= 0; n = from.read(chunk)) {
                to.write(chunk, 0, n);
                to.flush();
            }
        } catch (IOException e) {
            // Either side is gone. Closing the pipe tells the command, as SIGPIPE or EPIPE.
        }
    }

    private static void pumpInput(InputStream from, OutputStream to, ShellChannel shell) {
        byte[] chunk = new byte[CHUNK];
        boolean wanted = true;
        try (to) {
            for (int n = from.read(chunk); n >= 0; n = from.read(chunk)) {
                wanted = wanted && write(to, chunk, n, shell);
            }
        } catch (IOException e) {
            // The channel was closed before the end of its input.
        }
    }

    /** Returns false when the command reads no more. The pump goes on, or the client would wait for window for ever. */
    private static boolean write(OutputStream to, byte[] chunk, int length, ShellChannel shell) throws IOException {
        try {
            to.write(chunk, 0, length);
            to.flush();
            return true;
        } catch (IOException e) {
            shell.sendNoMoreInput();
            return false;
        }
    }

    private static Thread thread(String stream, Runnable task) {
        Thread thread = new Thread(task, "embedded-server-" + stream);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
