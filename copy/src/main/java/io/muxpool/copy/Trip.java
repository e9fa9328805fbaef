package io.muxpool.copy;

import io.muxpool.ConnectionPool;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PartialOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import net.schmizz.sshj.sftp.FileAttributes;
import net.schmizz.sshj.sftp.Response;
import net.schmizz.sshj.sftp.SFTPException;
import org.jspecify.annotations.Nullable;

/** One file on its way, and what is said when it does not arrive. Used by one thread. */
abstract class Trip {
    /** What a resumed copy compares at a time, in bytes. */
    static final int STRETCH = 8 * Runs.LENGTH;

    final ConnectionPool pool;
    final Copy.Options options;
    final Job job;
    // Long for a pool that is busy, and short for one that waits for this very copy.
    private static final Duration TO_BE_SEATED = Duration.ofSeconds(5);
    private static final int MOST_RUNS = 512;

    /** Why a shell may not see what SFTP does, as the end of a clause. */
    static final String OTHER_ROOT =
            ": SFTP has another root directory than the shell (ChrootDirectory), and sizes alone were compared";

    // Less than this, and a write may fail for want of it.
    private static final long ROOM = 1024L * 1024;
    private static final long GLANCE_MILLIS = 100;

    private final long startNanos = System.nanoTime();
    // What there is to be lost, from the part's making on.
    private @Nullable String part;
    private @Nullable Runs runs;
    private boolean findable;
    private long size;
    private long resumed;
    private String doubt = "";
    private String hint = "";
    private final List<String> notices = new CopyOnWriteArrayList<>();
    // Null as long as that is not known. Told by whichever thread asks.
    private volatile @Nullable Boolean sums;

    Trip(ConnectionPool pool, Copy.Options options, Job job) {
        this.pool = pool;
        this.options = options;
        this.job = job;
    }

    /** As {@code copying A to B}. */
    abstract String doing();

    /** The file on this side, for messages. */
    abstract String near();

    /** The file on the other side, for messages. */
    abstract String far();

    abstract Copied copy(Crew crew) throws Exception;

    /** Removes the part, as well as it can be done now. */
    abstract void removePart(String part) throws Exception;

    final Copied run() {
        job.check(this::doing);
        try (Crew crew = new Crew(pool, job, options.listener())) {
            try {
                Copied copied = copy(crew);
                options.listener().progress(size, size);
                return copied;
            } catch (Exception e) {
                throw failed(e, crew);
            }
        }
    }

    /**
     * From now on there is a part, and it holds these runs.
     *
     * @param findable whether the same copy will look for it under that name
     */
    final void begun(String part, boolean findable, Runs runs, long size) {
        this.part = part;
        this.findable = findable;
        this.runs = runs;
        this.size = size;
        resumed = runs.bytes();
    }

    final Copied arrived(String target, int channels, @Nullable String sum, String unverified) {
        part = null;
        return new Copied(
                target,
                size,
                resumed,
                Duration.ofNanos(System.nanoTime() - startNanos),
                channels,
                Optional.ofNullable(sum),
                unverified,
                notices);
    }

    /** Something that the user should know of a copy that is complete; a sentence. */
    final void notice(String text) {
        notices.add(text);
    }

    /** Ends the message of a failure that the server reports, if there is one: what is likely behind it, and what to do. */
    final void hint(String text) {
        hint = text;
    }

    /** Without a part: for the end of the copy. */
    final void sized(long bytes) {
        size = bytes;
    }

    /** From now on the target itself is written to. */
    final void overwriting() {
        doubt = "; " + target() + " holds only a part of it: copy it again";
    }

    /** From now on the new file is in the target's place, whatever else fails. */
    final void placed() {
        part = null;
        doubt = "; the new file is in its place, whole";
    }

    /** Which file is written to, for messages. */
    abstract String target();

    /** From now on there is no part. */
    final void gone() {
        part = null;
    }

    /** From now on it is not known whether the part has become the target. */
    final void inDoubt(String target) {
        part = null;
        doubt = "; whether " + Names.printable(target) + " is the old file or the new one is not known: look there";
    }

    /** For one question to the other side. */
    final RemoteSum sum() {
        return new RemoteSum(pool, job, there -> sums = there);
    }

    /** A question to the other side, and its answer once that has come. */
    record Asked(RemoteSum sum, Future<RemoteSum.Answer> answer) {}

    /** A question, as {@link RemoteSum} takes it. */
    interface Question {
        RemoteSum.Answer put(RemoteSum sum) throws Exception;
    }

    /** Asks the other side for checksums, in a thread of the crew. */
    final Asked ask(Crew crew, Question question) {
        RemoteSum sum = sum();
        return new Asked(sum, crew.threads().submit(() -> question.put(sum)));
    }

    /** Asks it if checksums are wanted. */
    final Asked askIfWanted(Crew crew, Question question) {
        return ask(crew, sum -> options.verify() ? question.put(sum) : sum.unasked());
    }

    /** What must not be gone on from, nor be taken for the file. */
    final CopyException spoilt(String message) throws Exception {
        findable = false;
        return CopyException.refused(message + dropUseless() + doubt);
    }

    /**
     * Removes what nobody can go on from.
     *
     * @return what is left and where all the same, as the end of a sentence
     */
    final String dropUseless() throws InterruptedException {
        String useless = part;
        if (useless == null || isOfUse()) {
            return "";
        }
        part = null;
        try {
            removePart(useless);
            return "";
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            return "; what has arrived is left in " + Names.printable(useless);
        }
    }

    private boolean isOfUse() {
        Runs arrived = runs;
        boolean comparable = !Boolean.FALSE.equals(sums);
        return options.resume() && findable && comparable && arrived != null && arrived.bytes() > 0;
    }

    private RuntimeException failed(Exception e, Crew crew) {
        // Set again below: until then there is to be seen to what was started.
        boolean interrupted = Thread.interrupted() || e instanceof InterruptedException;
        Optional<Exit> exit = Optional.empty();
        Ending ending = Ending.notConfirmed("interrupted before that was known");
        String left = "";
        try {
            exit = isLoss(e) && job.remainingNanos() > 0 && !job.isCancelled() ? crew.ended() : exit;
            crew.close();
            ending = crew.ending();
            if (ending.fate() == Ending.Fate.NOT_STARTED && e instanceof JobException over) {
                // It knows of a channel that was on its way.
                ending = over.ending();
            }
            left = left();
        } catch (InterruptedException again) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        // What a lane or the server said last is a consequence, once the job has ended.
        job.check(doing() + left, ending, PartialOutput.NONE);
        return explained(e, exit, left);
    }

    private static boolean isLoss(Exception e) {
        return e instanceof OutcomeUnknownException || (e instanceof IOException && !isStatus(e));
    }

    private static boolean isStatus(Exception e) {
        return e instanceof SFTPException there && there.getStatusCode() != Response.StatusCode.UNKNOWN;
    }

    private RuntimeException explained(Exception e, Optional<Exit> exit, String left) {
        String kept = part;
        if (e instanceof CopyException || e instanceof JobException) {
            return (RuntimeException) e;
        }
        if (e instanceof UncheckedIOException here) {
            return new CopyException(
                    "cannot copy " + near() + ": " + reason(here.getCause()) + hint + left,
                    kept,
                    isOutOfFiles(here.getCause()),
                    here.getCause());
        }
        if (e instanceof NoSumException) {
            return new CopyException("cannot check " + far() + ": " + e.getMessage() + left, kept, false, e);
        }
        if (isStatus(e)) {
            return new CopyException(
                    "cannot copy " + far() + ": " + reason((SFTPException) e) + hint + left, kept, false, e);
        }
        if (e instanceof NotStartedException refused && kept != null) {
            return new CopyException(e.getMessage() + left, kept, refused.retrySafe(), e);
        }
        if (e instanceof NotStartedException refused && doubt.isEmpty()) {
            return refused;
        }
        if (exit.isPresent()) {
            String end = "the server's sftp ended with " + exit.get() + " while " + doing();
            return new CopyException(end + left, kept, false, e);
        }
        if (isLoss(e)) {
            return new CopyException(
                    "the connection was lost while " + doing() + " (" + e.getMessage() + ")" + left, kept, true, e);
        }
        String state = doubt.isEmpty() ? "; " + target() + " is what it was before" : "";
        return new CopyException("unexpected failure while " + doing() + ": " + e + state + left, kept, false, e);
    }

    /** What is left and where, as the end of a sentence; nothing is where nothing can be used again. */
    private String left() throws InterruptedException {
        String useless = dropUseless();
        String kept = part;
        Runs arrived = runs;
        if (kept == null || arrived == null) {
            return doubt + useless;
        }
        String proviso = sums == null ? " if the server makes checksums" : "";
        return "; " + arrived.bytes() + " of " + size + " bytes are in " + Names.printable(kept)
                + ", and the same copy goes on from there" + proviso;
    }

    /** EMFILE, in the words of the C library: it passes. */
    private static boolean isOutOfFiles(@Nullable Throwable e) {
        return e != null && String.valueOf(e.getMessage()).contains("Too many open files");
    }

    private static String reason(@Nullable Throwable e) {
        if (e != null && isOutOfFiles(e)) {
            return "this process has as many open files as it may (ulimit -n): " + e.getMessage();
        }
        if (e instanceof NoSuchFileException) {
            return "no such file or directory: " + e.getMessage();
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied: " + e.getMessage();
        }
        return e == null ? "" : String.valueOf(e.getMessage());
    }

    private static String reason(SFTPException e) {
        return switch (e.getStatusCode()) {
            case NO_SUCH_FILE, NO_SUCH_PATH -> "no such file or directory there";
            case PERMISSION_DENIED, WRITE_PROTECT -> "permission denied there";
            case FAILURE -> "the server says only `" + e.getMessage() + "`";
            default -> "the server says `" + e.getMessage() + "`";
        };
    }

    /** Seconds since 1970, unsigned on the wire. */
    static long mtime(FileAttributes attributes) {
        return attributes.getMtime() & 0xffffffffL;
    }

    /**
     * What came of comparing.
     *
     * @param channel to go on with: see {@link #yieldTo}
     * @param known whether the other side has checksums
     */
    record Compared(Sftp channel, boolean known) {}

    /** Marks as arrived what is the same in both files: by stretches, and by runs where those differ. */
    final Compared compare(Crew crew, Sftp channel, String remote, FileChannel local, long end, Runs there)
            throws Exception {
        // They may wait for the very session that the checksums need.
        crew.dropPrepared();
        int count = (int) ((end + STRETCH - 1) / STRETCH);
        Asked far = ask(crew, sum -> sum.stretches(remote, count, STRETCH));
        String[] near = new String[count];
        for (int i = 0; i < count; i++) {
            near[i] = LocalSum.of(local, (long) i * STRETCH, (i + 1L) * STRETCH);
        }
        Sftp still = yieldTo(far, crew, channel);
        RemoteSum.Answer answer = result(far.answer);
        List<Integer> differing = new ArrayList<>();
        for (int i = 0; i < count && answer.isThere(); i++) {
            if (near[i].equals(answer.sums().get(i))) {
                there.haveFrom((long) i * STRETCH, Math.min(end, (i + 1L) * STRETCH));
            } else {
                addRuns(differing, i, end);
            }
        }
        // Lanes that were stopped leave gaps in a few stretches. What differs everywhere is another file.
        if (!differing.isEmpty() && differing.size() <= MOST_RUNS) {
            still = compareRuns(crew, still, remote, local, end, there, differing);
        }
        return new Compared(still, answer.isThere());
    }

    private static void addRuns(List<Integer> numbers, int stretch, long end) {
        int perStretch = STRETCH / Runs.LENGTH;
        for (int i = stretch * perStretch; i < (stretch + 1) * perStretch && (long) i * Runs.LENGTH < end; i++) {
            numbers.add(i);
        }
    }

    private Sftp compareRuns(
            Crew crew, Sftp channel, String remote, FileChannel local, long end, Runs there, List<Integer> numbers)
            throws Exception {
        Asked far = ask(crew, sum -> sum.runs(remote, numbers, Runs.LENGTH));
        List<String> near = new ArrayList<>();
        for (int i : numbers) {
            near.add(LocalSum.of(local, (long) i * Runs.LENGTH, (i + 1L) * Runs.LENGTH));
        }
        Sftp still = yieldTo(far, crew, channel);
        RemoteSum.Answer answer = result(far.answer);
        for (int i = 0; i < numbers.size() && answer.isThere(); i++) {
            if (near.get(i).equals(answer.sums().get(i))) {
                long from = (long) numbers.get(i) * Runs.LENGTH;
                there.haveFrom(from, Math.min(end, from + Runs.LENGTH));
            }
        }
        return still;
    }

    /**
     * A write was refused for a reason that SFTP does not tell: finds out whether the disk is full.
     *
     * @param directory where the file is
     * @return as the end of a sentence
     */
    static String whyNotWritten(Sftp sftp, String directory) {
        Optional<Sftp.Room> room = sftp.room(directory);
        if (room.isEmpty()) {
            return ", which is often a full disk or a quota: see `df` there";
        }
        if (room.get().bytes() < ROOM) {
            return ": the disk is full there";
        }
        return room.get().files()
                ? "; it is no full disk, since there is room for " + room.get().bytes()
                        + " bytes: a quota or a limit on the size of files is likely"
                : ": the disk has no room for another file there (inodes, see `df -i`)";
    }

    /** Waits for what a thread of the crew does with this side's files, or for the job's end. */
    final <T> T awaited(Future<T> work) throws Exception {
        while (true) {
            try {
                return work.get(GLANCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (job.isCancelled() || job.remainingNanos() <= 0) {
                    work.cancel(true);
                    throw new IOException("the job has ended", e);
                }
            } catch (ExecutionException e) {
                return result(work);
            }
        }
    }

    /**
     * The checksum of the whole file there. A pool may have no session for it but the one that the channel takes; then that
     * is given back, and another is opened behind it.
     *
     * @return the channel to go on with
     */
    final Sftp yieldTo(Asked asked, Crew crew, Sftp channel) throws Exception {
        if (asked.sum.isSeated(TO_BE_SEATED) || asked.answer.isDone()) {
            return channel;
        }
        channel.close();
        try {
            result(asked.answer);
        } catch (NoSumException e) {
            // For whoever asks for the answer.
        }
        return crew.open();
    }

    /** Waits for what another thread of the crew finds out, and fails as that did. */
    static <T> T result(Future<T> future) throws Exception {
        try {
            return future.get();
        } catch (ExecutionException e) {
            // An interrupt of that thread is none of this one.
            if (e.getCause() instanceof Exception failure && !(failure instanceof InterruptedException)) {
                throw failure;
            }
            throw new IOException("the copy has ended", e.getCause());
        }
    }

    /** On this side: a failure is told from one of the other's. */
    static <T> T here(Callable<T> call) throws Exception {
        try {
            return call.call();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
