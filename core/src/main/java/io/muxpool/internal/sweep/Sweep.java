package io.muxpool.internal.sweep;

import io.muxpool.Ending;
import io.muxpool.internal.text.Printable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The talk with a shell on the other side that looks for the processes of one command, in a session of its own. It knows
 * nothing of connections: whoever carries it runs {@link #line} there, hands over what it prints, and sends what it is to
 * read.
 *
 * <pre>
 *   line ----> "hello": a shell has run it     no forced command, no nologin
 *   script --> "ready": what it can see
 *   count, term ----> "count N BEFORE"         N now, BEFORE at most; as often as asked
 *   finish ---------> "left PID OWNER WORDS" for each that it cannot kill, "end"
 *   before a count of 0, and before the end: "maybe PID OWNER WORDS" for each that may be the command's own
 * </pre>
 *
 * Nothing but the line is sent before the hello. Each line of the answers begins with the sweep's own mark, so that
 * nothing that a start file prints can be taken for one. Thread-safe; never blocks. Futures complete in the thread that
 * hands over the output.
 */
public final class Sweep {
    /** Where the shell is that looks. */
    public enum Place {
        /** In a session of the connection that carries the command: nothing of the command is older than that. */
        OF_THE_COMMAND,
        /** In a connection of its own. */
        ELSEWHERE,
        /**
         * On this machine, as the command is: whatever else this process has started meanwhile looks like the command's own,
         * unless its environment is gone.
         */
        HERE
    }

    private static final int MAX_LINE = 4096;

    /** How many processes are named at most. */
    private static final int MOST_NAMED = 100;

    private final String own = Mark.next();
    private final String target;
    private final boolean markedByRequest;
    private final LongSupplier ageNanos;
    private final Place place;
    private final Supplier<String> sent;
    private final Consumer<byte[]> shell;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final CompletableFuture<Swept> swept = new CompletableFuture<>();

    private final ReentrantLock lock = new ReentrantLock();
    // All guarded by lock.
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
    private final Deque<CompletableFuture<Integer>> counts = new ArrayDeque<>();
    private final List<Ending.Survivor> left = new ArrayList<>();
    private final Set<Ending.Survivor> maybe = new LinkedHashSet<>();
    private boolean hello;
    private boolean partialView;
    private volatile boolean seen;
    private @Nullable Boolean marked;

    /**
     * A talk that is yet to begin.
     *
     * @param target the mark of the command
     * @param markedByRequest whether it travelled by an environment request, which this server may not have taken: then
     *     the mark that was sent to the sweep's own session in the same way shows whether it did
     * @param ageNanos how long ago the command was started, asked when a shell has greeted
     * @param sent gives the mark that was sent to the sweep's own session; asked when a shell has greeted
     * @param shell takes what the shell is to read
     */
    public Sweep(
            String target,
            boolean markedByRequest,
            LongSupplier ageNanos,
            Supplier<String> sent,
            Consumer<byte[]> shell) {
        this(target, markedByRequest, ageNanos, Place.OF_THE_COMMAND, sent, shell);
    }

    /** As the other, in a place of its own. */
    public Sweep(
            String target,
            boolean markedByRequest,
            LongSupplier ageNanos,
            Place place,
            Supplier<String> sent,
            Consumer<byte[]> shell) {
        this.target = target;
        this.markedByRequest = markedByRequest;
        this.ageNanos = ageNanos;
        this.place = place;
        this.sent = sent;
        this.shell = shell;
    }

    /** The command line. Every login shell takes it as it is meant: it holds nothing that any of them would change. */
    public String line() {
        return "sh -c 'echo " + own + " hello; exec sh'";
    }

    /** Whether a shell has answered: then no forced command stands in the way. */
    public boolean isGreeted() {
        lock.lock();
        try {
            return hello;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a process of the command was seen at any time. */
    public boolean hasSeen() {
        return seen;
    }

    /** Whether the sweep's own mark reached its session by a request; empty as long as no shell has told. */
    public Optional<Boolean> isMarked() {
        lock.lock();
        try {
            return Optional.ofNullable(marked);
        } finally {
            lock.unlock();
        }
    }

    /** Done when the shell is ready to be asked. Never failed: what goes wrong is in {@link #swept}. */
    public CompletableFuture<Void> ready() {
        return ready;
    }

    /** Done when it is known what there was to be found. */
    public CompletableFuture<Swept> swept() {
        return swept;
    }

    /** Asks how many processes of the command there are. Only when ready. */
    public CompletableFuture<Integer> count() {
        return ask("count");
    }

    /**
     * Sends TERM to the processes of the command, and counts them.
     *
     * @param all also to those of the first process's group; false when the server has signalled that one
     */
    public CompletableFuture<Integer> term(boolean all) {
        return ask(all ? "term all" : "term others");
    }

    private CompletableFuture<Integer> ask(String what) {
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        lock.lock();
        try {
            maybe.clear();
            counts.addLast(answer);
        } finally {
            lock.unlock();
        }
        send(what);
        return answer;
    }

    /** Kills all processes of the command, and has {@link #swept} tell which are left. Only when ready. */
    public void finish() {
        lock.lock();
        try {
            maybe.clear();
        } finally {
            lock.unlock();
        }
        send("finish");
    }

    /** Says that nothing of the command is left, as a count told. */
    public void clean() {
        Swept found = new Swept.Clean();
        lock.lock();
        try {
            if (partialView) {
                found = new Swept.NotLooked("that machine does not show all of its processes");
            } else if (!maybe.isEmpty()) {
                found = new Swept.NotLooked("these carry no mark, and may be its own: "
                        + maybe.stream().map(Ending.Survivor::toString).collect(Collectors.joining(", ")));
            }
        } finally {
            lock.unlock();
        }
        swept.complete(found);
    }

    /** Says that there will be no answer. */
    public void failed(String why) {
        swept.complete(new Swept.NotLooked(why));
    }

    /** The session has ended. */
    public void ended() {
        failed(isGreeted() ? "the shell that looked for it ended early" : "no shell there");
    }

    private void send(String what) {
        shell.accept((what + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** Takes what the shell has printed. */
    public void received(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            byte b = bytes.get();
            @Nullable String line = null;
            lock.lock();
            try {
                if (b == '\n') {
                    line = partial.toString(StandardCharsets.UTF_8);
                    partial.reset();
                } else if (partial.size() < MAX_LINE) {
                    partial.write(b);
                }
            } finally {
                lock.unlock();
            }
            if (line != null) {
                heard(line);
            }
        }
    }

    private void heard(String line) {
        // A start file may have printed something without a line end before.
        int at = line.indexOf(own + " ");
        if (at < 0) {
            return;
        }
        if (swept.isDone()) {
            return;
        }
        String[] words = line.substring(at + own.length() + 1).split(" ", 4);
        try {
            heard(words, line);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            // It comes from the other side, and must harm nobody else on this thread.
            failed("the shell there said what makes no sense: " + Printable.of(line));
        }
    }

    private void heard(String[] words, String line) {
        switch (words[0]) {
            case "hello" -> greeted();
            case "ready" -> readied(words);
            case "count" -> counted(words);
            case "left" -> survived(left, words);
            case "maybe" -> survived(maybe, words);
            case "end" -> finished();
            default -> failed("the shell there said what it was not asked: " + Printable.of(line));
        }
    }

    private void greeted() {
        lock.lock();
        try {
            if (hello) {
                return;
            }
            hello = true;
        } finally {
            lock.unlock();
        }
        // Marks hold nothing that a shell would change.
        long hundredths = TimeUnit.NANOSECONDS.toMillis(ageNanos.getAsLong()) / 10;
        send("own=" + own + "; mark=" + Mark.VARIABLE + "=" + target + "; sent=" + sent.get() + "; age=" + hundredths
                + "; place=" + place);
        shell.accept(Script.TEXT);
    }

    private void readied(String[] words) {
        boolean taken = words[1].equals("marked");
        lock.lock();
        try {
            marked = taken;
            partialView = words[3].equals("partial");
        } finally {
            lock.unlock();
        }
        if (markedByRequest && !taken) {
            failed("the server took no mark for it: AcceptEnv LC_* in its sshd_config lets marks pass");
            return;
        }
        ready.complete(null);
    }

    private void counted(String[] words) {
        @Nullable CompletableFuture<Integer> answer;
        lock.lock();
        try {
            answer = counts.pollFirst();
        } finally {
            lock.unlock();
        }
        if (answer != null) {
            if (Integer.parseInt(words[2]) > 0) {
                seen = true;
            }
            answer.complete(Integer.parseInt(words[1]));
        }
    }

    private void survived(Collection<Ending.Survivor> among, String[] words) {
        lock.lock();
        try {
            if (among.size() >= MOST_NAMED) {
                return;
            }
            among.add(new Ending.Survivor(Long.parseLong(words[1]), words[2], Printable.of(words[3])));
        } finally {
            lock.unlock();
        }
    }

    private void finished() {
        List<Ending.Survivor> all;
        lock.lock();
        try {
            all = List.copyOf(left);
        } finally {
            lock.unlock();
        }
        if (all.isEmpty()) {
            clean();
        } else {
            swept.complete(new Swept.Left(all));
        }
    }

    /** Read when the first sweep wants it. */
    private static final class Script {
        static final byte[] TEXT = read();

        private static byte[] read() {
            try (InputStream in = Sweep.class.getResourceAsStream("sweep.sh")) {
                if (in == null) {
                    throw new IllegalStateException("sweep.sh is not in this library's jar");
                }
                return in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException("sweep.sh cannot be read", e);
            }
        }
    }
}
