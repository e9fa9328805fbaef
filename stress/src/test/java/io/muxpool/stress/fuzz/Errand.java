package io.muxpool.stress.fuzz;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Connection;
import io.muxpool.Exit;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.Output;
import io.muxpool.Pty;
import io.muxpool.RemoteProcess;
import io.muxpool.internal.master.PathUnusableException;
import io.muxpool.internal.transport.Link;
import io.muxpool.internal.transport.SessionNotOpenedException;
import io.muxpool.internal.transport.Started;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CompletionException;

/** A command over a fuzzed connection; its streams go each of the ways that there are. */
enum Errand {
    SAY,
    FEED,
    TERMINAL,
    LITTLE,
    STREAMS,
    ON_EXIT,
    SUBSYSTEM,
    /** By hand, as a process. */
    HELD;

    /**
     * What came of it.
     *
     * @param output bytes of its standard output that came into our hands
     */
    record Done(Exit exit, long output) {}

    /** By their numbers in a play. */
    static final List<Errand> ALL = List.of(values());

    /** @param mark a word of its own, by which it is known on the other side */
    private Command command(String mark) {
        return switch (this) {
            case SAY -> Command.of("echo", mark);
            case FEED -> Command.of("cat", mark).withStdin(Input.bytes(new byte[100_000]));
            case TERMINAL -> Command.of("top", mark).withPty(Pty.of(80, 24));
            case LITTLE -> Command.of("yes", mark).withStdout(Output.capture(1000));
            case STREAMS ->
                Command.of("cat", mark)
                        .withStdin(Input.stream(new ByteArrayInputStream(new byte[50_000])))
                        .withStdout(Output.stream(OutputStream.nullOutputStream()))
                        .withStderr(Output.stream(OutputStream.nullOutputStream()));
            case ON_EXIT -> Command.of("daemon", mark).withReturnOnExit(true);
            case SUBSYSTEM -> Command.subsystem(mark);
            case HELD -> Command.of("cat", mark);
        };
    }

    /** Does it; throws as {@link Link#run} does, and nothing else. */
    Done on(Link link, Job job, String mark) throws SessionNotOpenedException, PathUnusableException {
        if (this != HELD) {
            Link.Ran ran = link.run(command(mark), job);
            return new Done(ran.exit(), ran.stdout().bytes().length);
        }
        Started started = link.start(command(mark), job);
        long output = use(started.stdin(), started.stdout(), started.stderr());
        try {
            return new Done(started.exited().join(), output);
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException why) {
                throw why;
            }
            throw e;
        }
    }

    /** Does it; throws as {@link Connection#run} does, and nothing else. */
    Done on(Connection connection, Job job, String mark) throws InterruptedException {
        if (this != HELD) {
            CommandResult result = connection.run(command(mark), job);
            return new Done(result.exit(), result.stdout().length);
        }
        RemoteProcess process = connection.start(command(mark), job);
        long output = use(process.getOutputStream(), process.getInputStream(), process.getErrorStream());
        return new Done(process.exit(), output);
    }

    /** Returns how many bytes came out. */
    private static long use(OutputStream stdin, InputStream stdout, InputStream stderr) {
        long output = 0;
        try (InputStream out = stdout;
                InputStream err = stderr) {
            try (OutputStream in = stdin) {
                in.write(new byte[1000]);
            }
            output = out.transferTo(OutputStream.nullOutputStream());
            err.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // A stream that breaks says so; how the command ended is said elsewhere.
        }
        return output;
    }
}
