package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import net.schmizz.concurrent.Promise;
import net.schmizz.sshj.sftp.FileAttributes;
import net.schmizz.sshj.sftp.FileMode;
import net.schmizz.sshj.sftp.OpenMode;
import net.schmizz.sshj.sftp.PacketType;
import net.schmizz.sshj.sftp.Request;
import net.schmizz.sshj.sftp.Response;
import net.schmizz.sshj.sftp.SFTPException;
import org.jspecify.annotations.Nullable;

/** A file on its way to the remote. */
final class Push extends Trip {
    private static final Duration TO_CLEAN_UP = Duration.ofSeconds(5);
    private static final int PRIVATE = 0600;
    // As often as another copy may put its part into its place meanwhile.
    private static final int ATTEMPTS = 3;

    private final Path local;
    private final String remote;

    Push(ConnectionPool pool, Copy.Options options, Job job, Path local, String remote) {
        super(pool, options, job);
        this.local = local;
        this.remote = remote;
    }

    @Override
    String doing() {
        return "copying " + near() + " to " + far();
    }

    @Override
    String near() {
        return Names.printable(local.toString());
    }

    @Override
    String far() {
        return pool.remote() + ":" + Names.printable(remote);
    }

    /** The file itself, on whichever machine, and its state: what has the same is the same. */
    private record Version(String file, long size, long mtimeNanos) {
        /** As SFTP has them. */
        long seconds() {
            return Math.floorDiv(mtimeNanos, 1_000_000_000L);
        }
    }

    private static Version version(Path source) throws Exception {
        BasicFileAttributes now = here(() -> Files.readAttributes(source, BasicFileAttributes.class));
        if (!now.isRegularFile()) {
            throw CopyException.refused(
                    "not a file: " + Names.printable(source.toString()) + "; only files can be copied");
        }
        return new Version(
                String.valueOf(now.fileKey()),
                now.size(),
                now.lastModifiedTime().to(TimeUnit.NANOSECONDS));
    }

    @Override
    Copied copy(Crew crew) throws Exception {
        Path source = here(local::toRealPath);
        Version version = version(source);
        try (FileChannel file = here(() -> FileChannel.open(source, StandardOpenOption.READ))) {
            Future<String> sum =
                    crew.threads().submit(() -> options.verify() ? LocalSum.of(file, 0, version.size) : "");
            Sftp sftp = crew.open();
            crew.prepare(version.size, options.stripes(), sftp.roundTripNanos());
            long asked = System.nanoTime();
            String target = target(sftp);
            long roundTrip = System.nanoTime() - asked;

            String name = Names.part(
                    Names.last(target),
                    // Of its own for each name of a server: what many of them lead to is one place, or many.
                    options.resume() ? pool.remote() : UUID.randomUUID(),
                    source,
                    version,
                    target);
            String part = Names.in(Names.parent(target), name);
            Runs runs = new Runs(version.size);
            Part opened = openPart(crew, sftp, part, file, version.size, runs);
            begun(opened.name, opened.name.equals(part), runs, version.size);
            if (runs.haveAll()) {
                return settle(crew, sftp, opened, target, source, version, 0, null, result(sum));
            }
            @Nullable Ahead ahead = askAhead(crew, opened, runs, version.size);
            int channels = carry(crew, sftp, opened, file, runs, version.size, roundTrip, ahead);
            return settle(crew, sftp, opened, target, source, version, channels, ahead, result(sum));
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    private record Part(String name, byte[] handle) {}

    /**
     * What is asked while a file is under way: whether what a failure leaves will be of use, and then for its checksum.
     *
     * @param looked when the first is answered
     */
    private record Ahead(
            RemoteSum looking, CountDownLatch looked, RemoteSum following, Future<RemoteSum.Answer> answer) {
        /** The bytes' way is over: takes a question back that still waits for a session, and would be in others' way. */
        void end() throws InterruptedException {
            if (!looking.isSeated(Duration.ZERO)) {
                answer.cancel(true);
            }
        }

        /** Whether a checksum was made on the way, and is right. Any other may be so for want of a better way to make it. */
        boolean confirms(String sum) throws InterruptedException {
            if (!following.isSeated(Duration.ZERO)) {
                if (looked.getCount() == 0) {
                    answer.cancel(true);
                }
                return false;
            }
            try {
                return answer.get().sums().equals(List.of(sum));
            } catch (ExecutionException | CancellationException e) {
                return false;
            }
        }
    }

    /** Of a small file neither is worth a command. */
    private @Nullable Ahead askAhead(Crew crew, Part part, Runs runs, long size) {
        if (size <= STRETCH || !(options.verify() || options.resume())) {
            return null;
        }
        RemoteSum looking = sum();
        CountDownLatch looked = new CountDownLatch(1);
        // What the first has found out stays true when the second fails.
        RemoteSum following = new RemoteSum(pool, job, there -> {});
        Future<RemoteSum.Answer> answer = crew.threads().submit(() -> {
            RemoteSum.Answer there = looking.look();
            looked.countDown();
            boolean worthIt = there.isThere() && options.verify() && !runs.haveAll();
            return worthIt ? following.following(part.name, runs, size) : there;
        });
        return new Ahead(looking, looked, following, answer);
    }

    private int carry(
            Crew crew,
            Sftp sftp,
            Part part,
            FileChannel file,
            Runs runs,
            long size,
            long roundTrip,
            @Nullable Ahead ahead)
            throws Exception {
        Flow up = new Flow.Up(file);
        try {
            return crew.carry(runs, size, options.stripes(), new Lane(sftp, part.handle, up), roundTrip, channel -> {
                channel.block(sftp.block());
                return new Lane(channel, openToWrite(channel, part.name), up);
            });
        } finally {
            if (ahead != null) {
                ahead.end();
            }
        }
    }

    /** Where the file is to be in the end; asks all it wants to know at once. */
    private String target(Sftp sftp) throws Exception {
        Promise<Response, SFTPException> stat = sftp.send(sftp.request(PacketType.STAT, remote));
        Promise<Response, SFTPException> real = sftp.send(sftp.request(PacketType.REALPATH, remote));
        Promise<Response, SFTPException> parent = sftp.send(sftp.request(PacketType.REALPATH, Names.parent(remote)));
        sftp.learnLimits();
        Response there = sftp.answer(stat);
        if (there.getType() != PacketType.ATTRS) {
            if (remote.endsWith("/")) {
                throw CopyException.refused("no such directory: " + far() + "; make it, or leave the slash away");
            }
            return Names.in(Sftp.name(sftp.answer(parent)), Names.last(remote));
        }
        String path = Sftp.name(sftp.answer(real));
        FileMode.Type type = there.readFileAttributes().getType();
        if (type != FileMode.Type.DIRECTORY) {
            requireFile(type, path);
            return path;
        }
        String inside = Names.in(path, local.toRealPath().getFileName().toString());
        try {
            requireFile(sftp.stat(inside).getType(), inside);
        } catch (SFTPException e) {
            if (!Sftp.isMissing(e)) {
                throw e;
            }
        }
        return inside;
    }

    private void requireFile(FileMode.Type type, String path) {
        if (type != FileMode.Type.REGULAR) {
            throw CopyException.refused("there is something else than a file at " + pool.remote() + ":"
                    + Names.printable(path) + " (" + type + "): it is not replaced");
        }
    }

    /**
     * Nobody else writes to it, or writes the same: see {@link Names#part}. So one that is there is written over where it
     * differs, also under a copy that is about to put it into the target's place. What is no file that this login may write
     * to is left alone, and the bytes go to a name of their own.
     */
    private Part openPart(Crew crew, Sftp sftp, String part, FileChannel file, long size, Runs runs) throws Exception {
        for (int i = 0; ; i++) {
            try {
                return new Part(part, create(sftp, part));
            } catch (SFTPException e) {
                Optional<FileAttributes> there = sftp.look(part);
                if (i == ATTEMPTS || (there.isEmpty() && e.getStatusCode() != Response.StatusCode.FAILURE)) {
                    throw e;
                }
                @Nullable Part opened = there.isEmpty() ? null : reopen(crew, sftp, part, there.get(), file, size, runs);
                if (opened != null) {
                    return opened;
                }
                // Another copy has put it into its place meanwhile.
            }
        }
    }

    private @Nullable Part reopen(
            Crew crew, Sftp sftp, String part, FileAttributes there, FileChannel file, long size, Runs runs)
            throws Exception {
        if (there.getType() == FileMode.Type.REGULAR) {
            try {
                if ((there.getMode().getPermissionsMask() & PRIVATE) != PRIVATE) {
                    // A copy ended between its last two steps. When it may not be changed, the open fails too.
                    sftp.call(sftp.request(PacketType.SETSTAT, part).putFileAttributes(permissions(PRIVATE)));
                }
                byte[] handle = openToWrite(sftp, part);
                if (there.getSize() > size) {
                    sftp.call(sftp.request(PacketType.FSETSTAT, handle)
                                    .putFileAttributes(new FileAttributes.Builder()
                                            .withSize(size)
                                            .build()))
                            .ensureStatusPacketIsOK();
                }
                if (there.getSize() > 0) {
                    compare(crew, part, file, Math.min(there.getSize(), size), runs);
                }
                return new Part(part, handle);
            } catch (SFTPException e) {
                if (Sftp.isMissing(e)) {
                    return null;
                }
                if (e.getStatusCode() != Response.StatusCode.PERMISSION_DENIED) {
                    throw e;
                }
            }
        }
        String own = Names.in(Names.parent(part), Names.part(Names.last(part), UUID.randomUUID()));
        return new Part(own, create(sftp, own));
    }

    private static FileAttributes permissions(int mode) {
        return new FileAttributes.Builder().withPermissions(mode).build();
    }

    private static byte[] openToWrite(Sftp sftp, String part) throws IOException {
        return sftp.open(part, EnumSet.of(OpenMode.WRITE), FileAttributes.EMPTY);
    }

    private static byte[] create(Sftp sftp, String part) throws Exception {
        return sftp.open(part, EnumSet.of(OpenMode.WRITE, OpenMode.CREAT, OpenMode.EXCL), permissions(PRIVATE));
    }

    /** All has arrived: check it, and put it in its place. */
    private Copied settle(
            Crew crew,
            Sftp sftp,
            Part part,
            String target,
            Path source,
            Version version,
            int channels,
            @Nullable Ahead ahead,
            String sum)
            throws Exception {
        Promise<Response, SFTPException> sized = sftp.send(sftp.request(PacketType.FSTAT, part.handle));
        Promise<Response, SFTPException> closed = sftp.send(sftp.request(PacketType.CLOSE, part.handle));
        Asked far = ahead != null && ahead.confirms(sum)
                ? new Asked(ahead.following, ahead.answer)
                : askIfWanted(crew, question -> question.part(part.name));
        long size = sftp.answer(sized)
                .ensurePacketTypeIs(PacketType.ATTRS)
                .readFileAttributes()
                .getSize();
        sftp.answer(closed).ensureStatusPacketIsOK();
        Checked checked = check(crew, yieldTo(far, crew, sftp), far, part.name, target, version, sum);
        RemoteSum.Answer there = checked.answer;
        if (!version(source).equals(version)) {
            throw spoilt(near() + " changed while it was copied: copy it again");
        }
        if (size != version.size || !checked.isRight(sum)) {
            throw spoilt("what arrived at " + far() + " is not what " + near() + " is: copy it again");
        }
        FileAttributes wanted = attributes(source, version);
        if (checked.placed) {
            dress(checked.channel, target, wanted);
        } else {
            place(checked.channel, part.name, target, version, wanted);
        }
        return arrived(target, channels, there.isThere() ? sum : null, there.why());
    }

    /**
     * What came of the checksum, and the channel to go on with.
     *
     * @param placed whether it is the target's, which is there already
     */
    private record Checked(Sftp channel, RemoteSum.Answer answer, boolean placed) {
        boolean isRight(String sum) {
            return !answer.isThere() || answer.sums().get(0).equals(sum);
        }
    }

    /**
     * When the same copy is made twice at once, the faster one puts the part into its place, and what has the part's name
     * then is nothing, or another one's beginning: a part that is not right is of no account when the target is.
     */
    private Checked check(Crew crew, Sftp channel, Asked far, String part, String target, Version version, String sum)
            throws Exception {
        @Nullable Checked arrived = null;
        @Nullable NoSumException failure = null;
        try {
            arrived = new Checked(channel, result(far.answer()), false);
        } catch (NoSumException e) {
            failure = e;
        }
        boolean right = arrived != null && arrived.isRight(sum);
        Sftp still = channel;
        if (!right
                && still.look(target)
                        .filter(there -> there.getSize() == version.size)
                        .isPresent()) {
            Asked now = askIfWanted(crew, question -> question.part(target));
            still = yieldTo(now, crew, still);
            try {
                Checked placed = new Checked(still, result(now.answer()), true);
                if (placed.answer.isThere() && placed.isRight(sum)) {
                    gone();
                    refusal(still.call(still.request(PacketType.REMOVE, part)));
                    return placed;
                }
            } catch (NoSumException e) {
                // Of the part it has been said, or not.
            }
        }
        if (failure != null) {
            throw failure;
        }
        return new Checked(still, result(far.answer()), false);
    }

    private static FileAttributes attributes(Path source, Version version) throws Exception {
        FileAttributes.Builder builder =
                new FileAttributes.Builder().withAtimeMtime(version.seconds(), version.seconds());
        @Nullable PosixFileAttributeView posix = Files.getFileAttributeView(source, PosixFileAttributeView.class);
        return builder.withPermissions(
                        posix == null
                                ? 0644
                                : Modes.bits(here(posix::readAttributes).permissions()))
                .build();
    }

    /**
     * Gives it the source's permissions and time, and renames it. Not before: who may not write to it, or read it, could not
     * go on from it. One after the other, yet without waiting, so that a connection is hardly lost between the two.
     */
    private void place(Sftp sftp, String part, String target, Version version, FileAttributes wanted) throws Exception {
        Promise<Response, SFTPException> dressed =
                sftp.send(sftp.request(PacketType.SETSTAT, part).putFileAttributes(wanted));
        Request rename = sftp.supports("posix-rename")
                ? sftp.extended("posix-rename@openssh.com").putString(part, UTF_8)
                : sftp.request(PacketType.RENAME, part);
        try {
            @Nullable SFTPException refusal = refusal(sftp.call(rename.putString(target, UTF_8)));
            if (refusal != null) {
                requirePlaced(sftp, part, target, version, refusal);
            }
            gone();
            if (refusal != null || refusal(sftp.answer(dressed)) != null) {
                dress(sftp, target, wanted);
            }
        } catch (IOException lost) {
            Optional<Boolean> placed = isPlaced(part, target, version);
            if (placed.isEmpty()) {
                inDoubt(target);
            }
            if (!placed.orElse(false)) {
                throw lost;
            }
        }
    }

    private static @Nullable SFTPException refusal(Response answer) {
        try {
            answer.ensureStatusPacketIsOK();
            return null;
        } catch (SFTPException e) {
            return e;
        }
    }

    /** A rename that is refused is none to be made when the same copy, made twice at once, was faster. */
    private void requirePlaced(Sftp sftp, String part, String target, Version version, SFTPException refusal)
            throws IOException {
        if (sftp.look(part).isPresent()) {
            throw new CopyException(
                    "the whole file is at " + Names.printable(part) + ", and the server does not rename it to "
                            + Names.printable(target) + ": " + refusal.getMessage(),
                    part,
                    false,
                    refusal);
        }
        Optional<FileAttributes> there = sftp.look(target);
        if (there.isEmpty() || there.get().getSize() != version.size) {
            gone();
            throw new CopyException(
                    Names.printable(part) + " was taken away by somebody else when it was whole, and " + far()
                            + " is another file: copy it again",
                    null,
                    true,
                    refusal);
        }
    }

    /** Whether a rename whose answer is lost was made; empty when that cannot be told. */
    private Optional<Boolean> isPlaced(String part, String target, Version version) {
        try (Sftp again = Sftp.open(pool, Job.withTimeout(TO_CLEAN_UP))) {
            if (again.look(part).isPresent()) {
                return Optional.of(false);
            }
            boolean same = again.look(target)
                    .filter(there -> there.getSize() == version.size && mtime(there) == version.seconds())
                    .isPresent();
            return same ? Optional.of(true) : Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    /** Gives the target the source's permissions and time. */
    private void dress(Sftp sftp, String target, FileAttributes wanted) throws IOException {
        @Nullable SFTPException refusal =
                refusal(sftp.call(sftp.request(PacketType.SETSTAT, target).putFileAttributes(wanted)));
        if (refusal != null) {
            throw new CopyException(
                    "the new file is at " + far()
                            + ", whole, but the server does not give it the permissions and the time" + " of " + near()
                            + ": " + refusal.getMessage(),
                    null,
                    false,
                    refusal);
        }
    }

    @Override
    void removePart(String part) throws Exception {
        try (Sftp sftp = Sftp.open(pool, Job.withTimeout(TO_CLEAN_UP))) {
            sftp.remove(part);
        }
    }
}
