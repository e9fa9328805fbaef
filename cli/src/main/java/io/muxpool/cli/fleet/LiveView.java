package io.muxpool.cli.fleet;

import io.muxpool.Command;
import io.muxpool.Output;
import io.muxpool.fleet.HostResult;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Shows each line of a running command as it comes, with its host in front: standard output there, standard error here.
 * Lines are whole: what has no newline yet waits for it, or for the end of the command.
 *
 * <p>Streams of hosts are written by threads of theirs. A host's stream is locked before the screen, never behind it.
 */
public final class LiveView implements View {
    /** A longer line is shown in pieces, so that a host without newlines does not fill the memory. */
    static final int LONGEST_LINE = 256 * 1024;

    /** Written at a time, so that a host's flood lets the lines of others through. */
    private static final int SLICE = 32 * 1024;

    private final Sink out;
    private final Sink err;
    private final int keep;
    private final Consumer<Runnable> screen;
    private final Consumer<String> notices;
    private final boolean coloured;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<String, HostOutput> running = new ConcurrentHashMap<>();

    /**
     * Shows nothing yet.
     *
     * @param hosts all of them, in the order of their colours
     * @param keep bytes of each output that are kept for {@link #withKept}
     * @param screen runs what prints, one at a time, and sees to it when that fails
     * @param notices says something of a host beside its lines
     */
    public LiveView(
            Sink out,
            Sink err,
            Collection<String> hosts,
            int keep,
            Consumer<Runnable> screen,
            Consumer<String> notices) {
        this.out = out;
        this.err = err;
        this.keep = keep;
        this.screen = screen;
        this.notices = notices;
        this.coloured = Colours.areWanted(System.getenv("NO_COLOR"), System.getenv("TERM"));
        hosts.forEach(host -> numbers.put(host, numbers.size()));
    }

    /** The command, with its outputs shown as this host's. */
    public Command shown(String host, Command command) {
        HostOutput output = running.computeIfAbsent(host, HostOutput::new);
        return command.withStdout(Output.stream(output.out)).withStderr(Output.stream(output.err));
    }

    /** Shows the last lines of a host that has ended, the unfinished ones too. */
    @Override
    public void ended(HostResult result) {
        HostOutput output = running.get(result.host());
        if (output != null) {
            output.out.end();
            output.err.end();
        }
    }

    /** The result of a host that has ended, with the kept outputs, which are forgotten here. */
    public HostResult withKept(HostResult result) {
        HostOutput output = running.remove(result.host());
        return output == null || keep == 0
                ? result
                : result.withOutput(
                        output.out.kept.toByteArray(),
                        output.err.kept.toByteArray(),
                        output.out.keptInPart || output.err.keptInPart);
    }

    @Override
    public void over(List<HostResult> results) {
        // All has been said.
    }

    private final class HostOutput {
        final LineStream out;
        final LineStream err;

        HostOutput(String host) {
            out = new LineStream(host, LiveView.this.out);
            err = new LineStream(host, LiveView.this.err);
        }
    }

    /** One output of one host. Never fails: the screen sees to what cannot be printed. */
    private final class LineStream extends OutputStream {
        private final String host;
        private final Sink sink;
        private final String prefix;
        private final ReentrantLock lock = new ReentrantLock();
        // All guarded by lock, but the kept bytes are read when no more come.
        private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
        private boolean keptInPart;
        private boolean inPieces;
        private boolean over;

        LineStream(String host, Sink sink) {
            this.host = host;
            this.sink = sink;
            String plain = host + ":";
            this.prefix =
                    (coloured && sink.isTerminal() ? Colours.paint(numbers.getOrDefault(host, 0), plain) : plain) + " ";
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            lock.lock();
            try {
                for (int done = 0; done < length && !over; done += SLICE) {
                    int from = offset + done;
                    take(bytes, from, Math.min(offset + length, from + SLICE));
                }
            } finally {
                lock.unlock();
            }
        }

        private void take(byte[] bytes, int from, int to) {
            int room = Math.min(to - from, keep - kept.size());
            kept.write(bytes, from, room);
            keptInPart |= keep > 0 && room < to - from;
            int end = to;
            while (end > from && bytes[end - 1] != '\n') {
                end--;
            }
            if (end > from) {
                unfinished.write(bytes, from, end - from);
                show();
            }
            unfinished.write(bytes, end, to - end);
            if (unfinished.size() >= LONGEST_LINE) {
                show();
                if (!inPieces) {
                    inPieces = true;
                    notices.accept(host + ": a line of more than " + LONGEST_LINE / 1024 + " KiB is shown in pieces");
                }
            }
        }

        /** Shows all that is there. */
        private void show() {
            byte[] text = unfinished.toByteArray();
            unfinished.reset();
            screen.accept(() -> {
                sink.writeLines(prefix, text);
                sink.flush();
            });
        }

        void end() {
            lock.lock();
            try {
                over = true;
                if (unfinished.size() > 0) {
                    show();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
