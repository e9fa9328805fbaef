package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.muxpool.Command;
import io.muxpool.Connection;
import io.muxpool.ConnectionPool;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.PartialOutput;
import io.muxpool.RemoteProcess;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import net.schmizz.concurrent.Promise;
import net.schmizz.sshj.sftp.FileAttributes;
import net.schmizz.sshj.sftp.FileMode;
import net.schmizz.sshj.sftp.OpenMode;
import net.schmizz.sshj.sftp.PacketType;
import net.schmizz.sshj.sftp.Request;
import net.schmizz.sshj.sftp.Response;
import net.schmizz.sshj.sftp.SFTPEngine;
import net.schmizz.sshj.sftp.SFTPException;
import org.jspecify.annotations.Nullable;

/**
 * The SFTP of one channel. Requests are sent without waiting for the answers of others; each answer is then waited for.
 * Thread-safe. Ends with its job, as the process behind it does: whoever waits for an answer gets an {@link IOException}.
 */
final class Sftp implements AutoCloseable {
    // What every server must take (draft-ietf-secsh-filexfer-02 section 3).
    private static final int LEAST_BLOCK = 32 * 1024;
    private static final int MOST_BLOCK = 128 * 1024;
    private static final long GLANCE_MILLIS = 500;
    private static final long TO_END_MILLIS = 5_000;

    private final RemoteProcess process;
    private final Engine engine;
    private volatile int block = LEAST_BLOCK;
    private volatile long roundTripNanos;
    private volatile boolean closed;
    private volatile @Nullable Promise<Response, SFTPException> limits;

    private Sftp(RemoteProcess process, Seat seat) throws IOException {
        this.process = process;
        this.engine = new Engine(seat);
    }

    /** For what sshj keeps to its subclasses. */
    private static final class Engine extends SFTPEngine {
        Engine(Seat seat) throws IOException {
            super(seat);
            reader.setName("muxpool-copy-reader");
        }

        boolean isDeaf() {
            return !reader.isAlive();
        }

        boolean awaitDeaf(long millis) throws InterruptedException {
            reader.join(millis);
            return isDeaf();
        }
    }

    /**
     * Opens a channel of the pool and speaks SFTP on it.
     *
     * @throws RuntimeException as {@link Connection#start} does
     * @throws CopyException when the server has no SFTP
     */
    static Sftp open(ConnectionPool pool, Job job) {
        RemoteProcess process;
        try (Connection connection = pool.connection(job)) {
            process = connection.start(Command.subsystem("sftp").withLogLevel(Level.DEBUG), job);
        }
        Seat seat = new Seat(process);
        try {
            process.getErrorStream().close();
            Sftp sftp = new Sftp(process, seat);
            long asked = System.nanoTime();
            sftp.engine.init();
            sftp.roundTripNanos = System.nanoTime() - asked;
            return sftp;
        } catch (IOException e) {
            String stranger = seat.greeting().stranger();
            if (stranger.isEmpty() && hasEnded(process)) {
                // It may have ended before it was asked anything.
                stranger = seat.greeting().strangerInRest();
            }
            process.destroyForcibly();
            job.check("starting sftp", Ending.notStarted(), PartialOutput.NONE);
            throw stranger.isEmpty() ? notServed(process, pool, e) : notSftp(pool, stranger, e);
        }
    }

    private static CopyException notSftp(ConnectionPool pool, String stranger, IOException e) {
        return new CopyException(
                "what answers at " + pool.remote() + " is not SFTP: its first line is `" + stranger
                        + "`. Either a start file of the account prints it (.bashrc, .zshenv, ...), which it must not do for"
                        + " a shell that is not interactive, or another program runs in place of the SFTP server"
                        + " (ForceCommand, command= in authorized_keys, the login shell)",
                null,
                false,
                e);
    }

    private static boolean hasEnded(RemoteProcess process) {
        try {
            return process.waitFor(GLANCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static CopyException notServed(RemoteProcess process, ConnectionPool pool, IOException e) {
        String how;
        try {
            // Throws the better reason, if there is one.
            how = "what the server runs for it ended at once, with " + process.exit();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            how = String.valueOf(e.getMessage());
        }
        return new CopyException(
                "no SFTP from " + pool.remote() + ": " + how
                        + ". A forced command (ForceCommand, command= in authorized_keys) or the account's login shell may run"
                        + " in its place, or the program of the Subsystem line in sshd_config is missing there",
                null,
                false,
                e);
    }

    /** What its greeting took. */
    long roundTripNanos() {
        return roundTripNanos;
    }

    /** Asks for it once more, of a channel that has nothing under way: a greeting takes a process's start besides. */
    long measureRoundTrip() throws IOException {
        long asked = System.nanoTime();
        call(request(PacketType.REALPATH, "."));
        return Math.min(roundTripNanos, System.nanoTime() - asked);
    }

    Request request(PacketType type) {
        return engine.newRequest(type);
    }

    /** A request about a path. */
    Request request(PacketType type, String path) {
        return request(type).putString(path, UTF_8);
    }

    /** A request about an open file. */
    Request request(PacketType type, byte[] handle) {
        return request(type).putString(handle);
    }

    Request extended(String name) {
        return engine.newExtendedRequest(name);
    }

    boolean supports(String openSshExtension) {
        return engine.supportsServerExtension(openSshExtension, "openssh.com");
    }

    /** Sends it; blocks while the other side takes no more. */
    Promise<Response, SFTPException> send(Request request) throws IOException {
        return engine.request(request);
    }

    /** Waits for an answer. */
    Response answer(Promise<Response, SFTPException> promise) throws IOException {
        while (true) {
            Response response;
            try {
                response = promise.tryRetrieve(GLANCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (SFTPException e) {
                if (e.getCause() instanceof InterruptedException) {
                    // Else it would pass for a loss, and be tried again.
                    Thread.currentThread().interrupt();
                }
                throw e;
            }
            if (response != null) {
                return response;
            }
            // It tells only those who waited when it ended.
            if (engine.isDeaf() && !promise.isFulfilled()) {
                throw new IOException("the channel has ended");
            }
        }
    }

    Response call(Request request) throws IOException {
        return answer(send(request));
    }

    byte[] open(String path, Set<OpenMode> modes, FileAttributes attributes) throws IOException {
        return call(request(PacketType.OPEN, path)
                        .putUInt32(OpenMode.toMask(modes))
                        .putFileAttributes(attributes))
                .ensurePacketTypeIs(PacketType.HANDLE)
                .readBytes();
    }

    FileAttributes stat(String path) throws IOException {
        return call(request(PacketType.STAT, path))
                .ensurePacketTypeIs(PacketType.ATTRS)
                .readFileAttributes();
    }

    /** What has that name, a link itself if it is one; empty when nothing has. */
    Optional<FileAttributes> look(String path) throws IOException {
        Response answer = call(request(PacketType.LSTAT, path));
        try {
            return Optional.of(answer.ensurePacketTypeIs(PacketType.ATTRS).readFileAttributes());
        } catch (SFTPException e) {
            if (isMissing(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    static boolean isMissing(SFTPException e) {
        return e.getStatusCode() == Response.StatusCode.NO_SUCH_FILE
                || e.getStatusCode() == Response.StatusCode.NO_SUCH_PATH;
    }

    void remove(String path) throws IOException {
        call(request(PacketType.REMOVE, path)).ensureStatusPacketIsOK();
    }

    /** Takes blocks as large as the server allows, from when its answer is known on; it is not waited for. */
    void learnLimits() throws IOException {
        limits = supports("limits") ? send(extended("limits@openssh.com")) : null;
    }

    /** The bytes that a read or a write may carry. */
    int block() throws IOException {
        Promise<Response, SFTPException> asked = limits;
        if (asked != null) {
            limits = null;
            block = leastLimit(answer(asked));
        }
        return block;
    }

    /** As another channel to the same server has it. */
    void block(int bytes) {
        block = bytes;
    }

    private static int leastLimit(Response limits) throws IOException {
        limits.ensurePacketTypeIs(PacketType.EXTENDED_REPLY).readUInt64();
        long least = MOST_BLOCK;
        // Of reads, then of writes; 0 stands for none.
        for (int i = 0; i < 2; i++) {
            long limit = limits.readUInt64();
            least = limit > 0 ? Math.min(least, limit) : least;
        }
        return (int) Math.max(LEAST_BLOCK, least);
    }

    /**
     * A path whose begin may stand for a home directory, as a path without that: {@code ~}, {@code ~/x}, {@code ~user/x}.
     *
     * @throws CopyException when the server cannot tell where that is
     */
    String expand(String path) throws IOException {
        if (!path.startsWith("~")) {
            return path;
        }
        if (supports("expand-path")) {
            try {
                return name(call(extended("expand-path@openssh.com").putString(path, UTF_8)));
            } catch (SFTPException e) {
                throw CopyException.refused("there is no home directory for \"" + Names.printable(path) + "\" there: "
                        + e.getMessage() + ". A file of that name is written ./" + Names.printable(path));
            }
        }
        if (path.equals("~")) {
            return ".";
        }
        if (path.startsWith("~/")) {
            // Where a login begins, which is its home directory.
            String rest = path.substring(1).replaceFirst("^/+", "");
            return rest.isEmpty() ? "." : rest;
        }
        throw CopyException.refused("this server does not tell other accounts' home directories: \""
                + Names.printable(path) + "\" needs the whole path. A file of that name is written ./"
                + Names.printable(path));
    }

    /** The names in a directory but for {@code .} and {@code ..}, and what each is as far as the server tells. */
    Map<String, FileMode.Type> list(String directory) throws IOException {
        byte[] handle = call(request(PacketType.OPENDIR, directory))
                .ensurePacketTypeIs(PacketType.HANDLE)
                .readBytes();
        Map<String, FileMode.Type> names = new TreeMap<>();
        while (true) {
            Response answer = call(request(PacketType.READDIR, handle));
            try {
                answer.ensurePacketTypeIs(PacketType.NAME);
            } catch (SFTPException e) {
                if (e.getStatusCode() == Response.StatusCode.EOF) {
                    break;
                }
                throw e;
            }
            for (long i = answer.readUInt32(); i > 0; i--) {
                String name = answer.readString(UTF_8);
                answer.readString(UTF_8);
                FileMode.Type type = answer.readFileAttributes().getType();
                if (!name.equals(".") && !name.equals("..")) {
                    names.put(name, type);
                }
            }
        }
        send(request(PacketType.CLOSE, handle));
        return names;
    }

    /** Bytes and files for which there is room on the disk of a path; empty when the server does not tell. */
    Optional<Room> room(String path) {
        if (!supports("statvfs")) {
            return Optional.empty();
        }
        try {
            Response answer = call(extended("statvfs@openssh.com").putString(path, UTF_8))
                    .ensurePacketTypeIs(PacketType.EXTENDED_REPLY);
            // f_bsize, f_frsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree, f_favail
            long[] fields = new long[8];
            for (int i = 0; i < fields.length; i++) {
                fields[i] = answer.readUInt64();
            }
            return Optional.of(new Room(fields[1] * fields[4], fields[5] == 0 || fields[7] > 0));
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    /** @param files whether there is room for one more file */
    record Room(long bytes, boolean files) {}

    /** The path in an answer to REALPATH. */
    static String name(Response real) throws IOException {
        real.ensurePacketTypeIs(PacketType.NAME).readUInt32();
        return real.readString(UTF_8);
    }

    /** Whether its output has come to an end, waited for so long, and nobody here has closed it. */
    boolean isBroken(long waitedMillis) throws InterruptedException {
        return !closed && engine.awaitDeaf(waitedMillis);
    }

    /** How the process of a broken one has ended; empty when its connection is lost. */
    Optional<Exit> ended() throws InterruptedException {
        // Told a moment before or behind the end of its output.
        return exit(TO_END_MILLIS);
    }

    private Optional<Exit> exit(long waitedMillis) throws InterruptedException {
        if (!process.waitFor(waitedMillis, TimeUnit.MILLISECONDS)) {
            return Optional.empty();
        }
        try {
            return Optional.of(process.exit());
        } catch (RuntimeException lost) {
            return Optional.empty();
        }
    }

    /**
     * Ends it: by the end of its input, as an SFTP server ends, and by a kill where that is not enough. Blocks for moments,
     * see {@link RemoteProcess#kill}.
     */
    Ending end() throws InterruptedException {
        close();
        if (exit(GLANCE_MILLIS).isPresent()) {
            return Ending.confirmedDead();
        }
        Ending killed = process.kill().join();
        // An SFTP server starts no other processes.
        return killed.fate() == Ending.Fate.FIRST_PROCESS_DEAD ? Ending.confirmedDead() : killed;
    }

    /** Lets it end by itself: it has read its last request. */
    @Override
    public void close() {
        closed = true;
        try {
            engine.close();
        } catch (IOException e) {
            process.destroyForcibly();
        }
    }
}
