package io.muxpool.internal.mux;

import io.muxpool.Exit;
import io.muxpool.internal.mux.channel.Channel;
import io.muxpool.internal.mux.channel.ChannelHandler;
import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.internal.sweep.Marking;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One command over one channel, from the wish for a channel to the server's CLOSE.
 *
 * <pre>
 *             channel open                      CLOSE
 *   WAITING ---------------> (ASKING ->) SENT ---------> DONE
 *      |     how to mark, a terminal       |
 *      +-- withdrawn, refused, lost        +-- exec refused, lost
 *          = not started                       = not run; outcome unknown
 * </pre>
 *
 * Once SENT the command may have started, and not before; unless the connection ends before it has left this process.
 * Thread-safe; the {@link ChannelHandler} part is the loop's.
 */
final class Exchange implements ChannelHandler {
    private enum Phase {
        WAITING,
        ASKING,
        SENT,
        DONE
    }

    /** Servers must answer a request that wants a reply (RFC 4254 section 5.4); one that does not costs this much, once. */
    private static final long MARK_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long YOUNG_NANOS = TimeUnit.MILLISECONDS.toNanos(1000);
    private static final long SIGNAL_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Script script;
    private final boolean inputEndsAtOnce;
    private final Inlet stdout;
    private final Inlet stderr;
    private final Outlet stdin;

    private final CompletableFuture<Void> sent = new CompletableFuture<>();
    private final CompletableFuture<Exit> exited = new CompletableFuture<>();
    private final CompletableFuture<End> end = new CompletableFuture<>();
    private final CompletableFuture<Void> freed = new CompletableFuture<>();
    private final CompletableFuture<Throwable> broken = new CompletableFuture<>();

    private final ReentrantLock lock = new ReentrantLock();
    private volatile boolean signalRefused;

    // All guarded by lock, which may be held when the channel's is taken.
    private final Deque<CompletableFuture<Boolean>> replies = new ArrayDeque<>();
    private Phase phase = Phase.WAITING;
    private @Nullable Channel channel;
    private boolean givenUp;
    private @Nullable Marking marking;
    private long startEnds = Channel.NOT_SENT;
    private volatile long sentAt;
    private volatile long lastNews = System.nanoTime();

    /** @param stdin null when there is no input: its end goes with the command */
    Exchange(Script script, Inlet stdout, Inlet stderr, @Nullable Outlet stdin) {
        this.script = script;
        this.inputEndsAtOnce = stdin == null;
        this.stdout = stdout;
        this.stderr = stderr;
        this.stdin = stdin == null ? new Outlet() : stdin;
    }

    /** Done when the command has been sent: from then on it may have started. */
    CompletableFuture<Void> sent() {
        return sent;
    }

    /** Done when the server has said how the command's process ended. */
    CompletableFuture<Exit> exited() {
        return exited;
    }

    /** Done when the channel has ended. */
    CompletableFuture<End> end() {
        return end;
    }

    /** Done when the channel no longer takes a session of the server's, or there never was one. */
    CompletableFuture<Void> freed() {
        return freed;
    }

    /** Done when this side could not take what came: no memory for it. */
    CompletableFuture<Throwable> broken() {
        return broken;
    }

    Outlet stdin() {
        return stdin;
    }

    /** When something last came, as of {@link System#nanoTime}. */
    long lastNews() {
        return lastNews;
    }

    /** At the end of the connection: of a command that never left this process whole, nobody can have started it. */
    private boolean mayHaveStarted() {
        lock.lock();
        try {
            return phase == Phase.SENT
                    && channel != null
                    && channel.attachment().hasTaken(startEnds);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Gives up waiting for a channel.
     *
     * @return whether nothing was sent, and nothing will be
     */
    boolean withdraw() {
        @Nullable Channel close;
        lock.lock();
        try {
            if (phase == Phase.SENT || phase == Phase.DONE) {
                return phase == Phase.DONE;
            }
            phase = Phase.DONE;
            close = channel;
        } finally {
            lock.unlock();
        }
        finish(new End.NotOpened("withdrawn", false));
        if (close != null) {
            close.close();
        } else {
            freed.complete(null);
        }
        return true;
    }

    /** Runs on this channel as soon as it is open. */
    void on(Channel opening) {
        boolean late;
        lock.lock();
        try {
            channel = opening;
            late = phase == Phase.DONE;
        } finally {
            lock.unlock();
        }
        if (late) {
            opening.close();
        }
    }

    /**
     * Sends the command on an open channel.
     *
     * @param hold leave it in the outbox for what the same thread sends next, and surely does
     */
    void begin(Channel open, boolean hold) {
        boolean close = false;
        boolean unmarked = false;
        lock.lock();
        try {
            channel = open;
            if (phase != Phase.WAITING) {
                close = true;
            } else if (open.marking() == Marking.UNKNOWN) {
                phase = Phase.ASKING;
                unmarked = true;
            } else {
                proceed(open, hold);
            }
        } finally {
            lock.unlock();
        }
        afterSend();
        if (close) {
            open.close();
        }
        if (unmarked) {
            open.attachment().markingKnown().thenRun(this::markingKnown);
            open.attachment().loop().schedule(MARK_NANOS, open.attachment()::presumeMarksRefused);
        }
    }

    private void markingKnown() {
        lock.lock();
        try {
            if (phase == Phase.ASKING && channel != null) {
                proceed(channel, false);
            }
        } finally {
            lock.unlock();
        }
        afterSend();
    }

    /** Under the lock. */
    private void proceed(Channel open, boolean hold) {
        if (script.terminal() != null) {
            phase = Phase.ASKING;
            ask(open, this::terminalAnswered, false, hold, script.terminal());
        } else {
            sendStart(open, hold);
        }
    }

    private void sendStart(Channel open, boolean hold) {
        phase = Phase.SENT;
        sentAt = System.nanoTime();
        ChannelRequest[] requests = new ChannelRequest[script.variables().size() + 1];
        script.variables().toArray(requests);
        boolean inLine = open.marking() == Marking.IN_LINE;
        marking = inLine && script.marked() == null ? null : open.marking();
        requests[requests.length - 1] =
                inLine && script.marked() != null ? script.markedStart(open.mark()) : script.start();
        startEnds = ask(open, this::startAnswered, inputEndsAtOnce, hold, requests);
    }

    /** Under the lock: of requests and the places for their answers the order is one. */
    private long ask(
            Channel open, Consumer<Boolean> answered, boolean thenEof, boolean hold, ChannelRequest... requests) {
        CompletableFuture<Boolean> reply = new CompletableFuture<>();
        reply.thenAccept(answered);
        replies.addLast(reply);
        long end = open.request(true, thenEof, hold, requests);
        if (end == Channel.NOT_SENT) {
            // It has just ended; its end is on the way to us, and then nothing was sent.
            replies.removeLast();
            if (phase == Phase.SENT) {
                phase = Phase.WAITING;
            }
        }
        return end;
    }

    /** What must not be done under the lock: wake others. */
    private void afterSend() {
        @Nullable Channel open;
        lock.lock();
        try {
            open = phase == Phase.SENT ? channel : null;
        } finally {
            lock.unlock();
        }
        if (open != null) {
            sent.complete(null);
            if (!inputEndsAtOnce) {
                stdin.connect(open);
            }
        }
    }

    private void terminalAnswered(boolean granted) {
        if (!granted) {
            refuse("the server gave no terminal (PermitTTY in its sshd_config, or a limit of terminals)");
            return;
        }
        lock.lock();
        try {
            if (phase == Phase.ASKING && channel != null) {
                sendStart(channel, false);
            }
        } finally {
            lock.unlock();
        }
        afterSend();
    }

    private void startAnswered(boolean started) {
        if (!started) {
            refuse(
                    script.start() instanceof ChannelRequest.Subsystem subsystem
                            ? "the server has no subsystem " + subsystem.name()
                            : "the server refused to run a command in the session");
        }
    }

    private void refuse(String why) {
        @Nullable Channel open;
        lock.lock();
        try {
            phase = Phase.DONE;
            open = channel;
        } finally {
            lock.unlock();
        }
        if (open != null) {
            open.close();
        }
        finish(new End.NotRun(why));
    }

    /**
     * Sends a signal; the answer says whether the server delivers it. Fails with an IOException when there is no channel.
     *
     * <p>Tried again for a moment after the start: sshd signals a process group that a child makes itself only after the
     * fork, and refuses until then.
     */
    CompletableFuture<Boolean> signal(String name) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        trySignal(name, answer);
        return answer;
    }

    private void trySignal(String name, CompletableFuture<Boolean> answer) {
        sendSignal(name).whenComplete((accepted, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(failure);
                return;
            }
            signalRefused = !accepted;
            @Nullable Channel open = channel();
            if (!accepted && open != null && System.nanoTime() - sentAt < YOUNG_NANOS) {
                open.attachment().loop().schedule(SIGNAL_AGAIN_NANOS, () -> trySignal(name, answer));
            } else {
                answer.complete(accepted);
            }
        });
    }

    /** Whether the last answer to a signal was no, also when it is tried again. */
    boolean signalRefused() {
        return signalRefused;
    }

    private CompletableFuture<Boolean> sendSignal(String name) {
        CompletableFuture<Boolean> reply = new CompletableFuture<>();
        lock.lock();
        try {
            if (phase == Phase.SENT && channel != null) {
                replies.addLast(reply);
                if (channel.request(true, false, false, new ChannelRequest.Signal(name)) != Channel.NOT_SENT) {
                    return reply;
                }
                replies.removeLast();
            }
        } finally {
            lock.unlock();
        }
        reply.completeExceptionally(new IOException("there is no command to signal any more"));
        return reply;
    }

    /** Tells the other side's terminal its size; does nothing when there is none, or no command. */
    void resize(int columns, int rows) {
        @Nullable Channel open = channel();
        if (open != null) {
            open.request(false, false, false, new ChannelRequest.WindowChange(columns, rows));
        }
    }

    /**
     * Closes the channel from our side; what is still on its way is dropped.
     *
     * @param why what whoever reads the outputs is told behind what has come; null for their end
     */
    void giveUp(@Nullable IOException why) {
        @Nullable Channel open;
        lock.lock();
        try {
            givenUp = true;
            open = channel;
        } finally {
            lock.unlock();
        }
        if (open != null) {
            open.close();
        }
        endStreams(why);
    }

    /** The mark that its processes carry; null when they carry none, or nothing was sent. */
    @Nullable String mark() {
        lock.lock();
        try {
            return marking == null || channel == null ? null : channel.mark();
        } finally {
            lock.unlock();
        }
    }

    /** The mark of its channel, which is that of its processes where the server takes one; null without a channel. */
    @Nullable String channelMark() {
        @Nullable Channel open = channel();
        return open == null ? null : open.mark();
    }

    /** How long ago the command was sent. */
    long ageNanos() {
        return System.nanoTime() - sentAt;
    }

    /** Whether the mark went with a request, rather than in the command line. */
    boolean isMarkedByRequest() {
        lock.lock();
        try {
            return marking == Marking.BY_REQUEST;
        } finally {
            lock.unlock();
        }
    }

    /** Of the connection that carries it; 0 while none does. */
    long roundTripNanos() {
        @Nullable Channel open = channel();
        return open == null ? 0 : open.attachment().roundTripNanos();
    }

    private @Nullable Channel channel() {
        lock.lock();
        try {
            return channel;
        } finally {
            lock.unlock();
        }
    }

    // ---- on the loop

    @Override
    public void opened(Channel open) {
        begin(open, false);
    }

    @Override
    public void refused(String reason) {
        notOpened(reason, true);
    }

    /** No channel can be had. */
    void notOpened(String reason, boolean refused) {
        freed.complete(null);
        finish(new End.NotOpened(reason, refused));
    }

    @Override
    public void data(boolean onStderr, ByteBuffer payload) {
        lastNews = System.nanoTime();
        @Nullable Channel from = channel();
        if (from == null) {
            return;
        }
        try {
            (onStderr ? stderr : stdout).accept(payload, from::taken);
        } catch (OutOfMemoryError e) {
            // This command's trouble, and not that of the others on the loop.
            broken.complete(e);
        }
    }

    @Override
    public void eof() {
        lastNews = System.nanoTime();
        stdout.end(null);
        stderr.end(null);
    }

    @Override
    public void replied(boolean success) {
        @Nullable CompletableFuture<Boolean> reply;
        lock.lock();
        try {
            reply = replies.pollFirst();
        } finally {
            lock.unlock();
        }
        if (reply != null) {
            reply.complete(success);
        }
    }

    @Override
    public void told(ChannelRequest request) {
        if (request instanceof ChannelRequest.ExitStatus status) {
            exited.complete(new Exit.Exited((int) status.code()));
        } else if (request instanceof ChannelRequest.ExitSignal signal) {
            exited.complete(new Exit.Signalled(signal.name(), signal.coreDumped()));
        } else if (request instanceof ChannelRequest.EndOfWrite) {
            stdin.close();
        }
    }

    @Override
    public void writable() {
        stdin.writable();
    }

    @Override
    public void closed() {
        // Freed first: whoever hears of the end may want the place at once.
        freed.complete(null);
        finish(endAtClose());
    }

    /** Null when it was not told: by then the future may have failed. */
    private @Nullable Exit exitTold() {
        return exited.isCompletedExceptionally() ? null : exited.getNow(null);
    }

    private End endAtClose() {
        @Nullable Exit exit = exitTold();
        lock.lock();
        try {
            if (phase != Phase.SENT) {
                return new End.NotOpened("the server closed the channel before the command was sent", false);
            }
            return givenUp ? new End.GivenUp(exit) : exit == null ? new End.NoStatus() : new End.Completed(exit);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void lost(Throwable why) {
        freed.complete(null);
        finish(
                mayHaveStarted()
                        ? new End.Lost(why, exitTold())
                        : new End.NotOpened("the master was lost: " + why.getMessage(), false));
    }

    private void finish(End how) {
        List<CompletableFuture<Boolean>> unanswered;
        lock.lock();
        try {
            if (phase != Phase.SENT) {
                phase = Phase.DONE;
            }
            unanswered = List.copyOf(replies);
            replies.clear();
        } finally {
            lock.unlock();
        }
        if (!end.complete(how)) {
            return;
        }
        IOException why = how instanceof End.Completed || how instanceof End.GivenUp
                ? null
                : new IOException("the command's output ended early: " + how);
        endStreams(why);
        IOException gone = new IOException("the channel has ended");
        unanswered.forEach(reply -> reply.completeExceptionally(gone));
        exited.completeExceptionally(gone);
        sent.completeExceptionally(gone);
    }

    private void endStreams(@Nullable IOException why) {
        stdin.close();
        stdout.end(why);
        stderr.end(why);
    }
}
