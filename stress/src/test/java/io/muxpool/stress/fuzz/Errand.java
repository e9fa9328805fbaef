package io.muxpool.stress.fuzz;

import io.muxpool.Command;
import io.muxpool.Exit;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.Output;
import io.muxpool.Pty;
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

/** A command over a fuzzed master; its streams go each of the ways that there are. */
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

    /** By their numbers in a play. */
    static final List<Errand> ALL = List.of(values());

    private Command command() {
        return switch (this) {
            case SAY -> Command.of("echo", "hi");
            case FEED -> Command.of("cat").withStdin(Input.bytes(new byte[100_000]));
            case TERMINAL -> Command.of("top").withPty(Pty.of(80, 24));
            case LITTLE -> Command.of("yes").withStdout(Output.capture(1000));
            case STREAMS ->
                Command.of("cat")
                        .withStdin(Input.stream(new ByteArrayInputStream(new byte[50_000])))
                        .withStdout(Output.stream(OutputStream.nullOutputStream()))
                        .withStderr(Output.stream(OutputStream.nullOutputStream()));
            case ON_EXIT -> Command.of("daemon").withReturnOnExit(true);
            case SUBSYSTEM -> Command.subsystem("sftp");
            case HELD -> Command.of("cat");
        };
    }

    /** Does it; throws as {@link Link#run} does, and nothing else. */
    Exit on(Link link, Job job) throws SessionNotOpenedException, PathUnusableException {
        return this == HELD
                ? held(link.start(command(), job))
                : link.run(command(), job).exit();
    }

    private static Exit held(Started started) {
        try (InputStream out = started.stdout();
                InputStream err = started.stderr()) {
            try (OutputStream in = started.stdin()) {
                in.write(new byte[1000]);
            }
            out.readAllBytes();
            err.readAllBytes();
        } catch (IOException e) {
            // A stream that breaks says so; how the command ended is said below.
        }
        return exit(started);
    }

    private static Exit exit(Started started) {
        try {
            return started.exited().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException why) {
                throw why;
            }
            throw e;
        }
    }
}
