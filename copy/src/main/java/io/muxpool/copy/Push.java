package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
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
    private static final String OFFER =
            "; --inplace (Copy.Builder.inPlace) writes into the file that is there, where that is allowed";

    private final Path local;
    private final String remote;
    // Set by copy, which is called once, in this order.
    private @Nullable Path source;
    private @Nullable Version version;
    private @Nullable LocalFile file;
    private @Nullable Place place;

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

    @Override
    String target() {
        return far();
    }

    /** The file itself, on whichever machine, and its state: what has the same is the same. */
    private record Version(String file, long size, long mtimeNanos) {
        /** As SFTP has them. */
        long seconds() {
            return Math.floorDiv(mtimeNanos, 1_000_000_000L);
        }

        boolean isBeginOf(Version later) {
            return file.equals(later.file) && later.size > size;
        }
    }

    /**
     * Where the file is to be in the end.
     *
     * @param existing what is there, a file; empty when nothing is
     */
    private record Place(String path, Optional<FileAttributes> existing) {}

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

    private Path source() {
        return Objects.requireNonNull(source);
    }

    private Version version() {
        return Objects.requireNonNull(version);
    }

    private LocalFile file() {
        return Objects.requireNonNull(file);
    }

    private Place place() {
        return Objects.requireNonNull(place);
    }

    @Override
    Copied copy(Crew crew) throws Exception {
        Path real = here(local::toRealPath);
        source = real;
        Version seen = version(real);
        version = seen;
        try (LocalFile opened = LocalFile.open(real, seen.size, crew.threads(), this::awaited)) {
            file = opened;
            long size = opened.size();
            sized(size);
            Future<String> sum =
                    crew.threads().submit(() -> options.verify() ? LocalSum.of(opened.channel(), 0, size) : "");
            Sftp sftp = crew.open();
            crew.prepare(size, options.stripes(), sftp.roundTripNanos());
            long asked = System.nanoTime();
            Place found = find(sftp, sftp.expand(remote));
            place = found;
            long roundTrip = System.nanoTime() - asked;

            Runs runs = new Runs(size);
            Part part = options.inPlace() ? openTarget(sftp, found) : openPart(crew, sftp, partName(found), runs);
            if (part.isTarget) {
                overwriting();
            } else {
                begun(part.name, part.findable, runs, size);
            }
            if (!part.reopened) {
                keepHoles(crew, part, runs);
            }
            if (runs.haveAll()) {
                return settle(crew, part, 0, null, result(sum));
            }
            @Nullable Ahead ahead = part.isTarget ? null : askAhead(crew, part, runs, size);
            int channels = carry(crew, part, runs, size, roundTrip, ahead);
            return settle(crew, part, channels, ahead, result(sum));
        }
    }

    private String partName(Place found) {
        String name = Names.part(
                Names.last(found.path),
                // Of its own for each name of a server: what many of them lead to is one place, or many.
                List.of(
                        options.resume() && !file().isSpooled() ? pool.remote() : UUID.randomUUID(),
                        source(),
                        found.path),
                version());
        return Names.in(Names.parent(found.path), name);
    }

    /**
     * The file that is written to.
     *
     * @param channel the channel to go on with
     * @param findable whether the same copy will look for it under that name
     * @param reopened whether it was there
     * @param isTarget whether it is the target itself
     */
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    private record Part(
            Sftp channel, String name, byte[] handle, boolean findable, boolean reopened, boolean isTarget) {}

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
            return worthIt ? following.following(part.name, replaced(), runs, size) : there;
        });
        return new Ahead(looking, looked, following, answer);
    }

    /** The path of the target if it is there; else empty. */
    private String replaced() {
        return place().existing.isPresent() ? place().path : "";
    }

    private int carry(Crew crew, Part part, Runs runs, long size, long roundTrip, @Nullable Ahead ahead)
            throws Exception {
        Flow up = new Flow.Up(file().channel());
        Sftp sftp = part.channel;
        try {
            return crew.carry(runs, size, options.stripes(), new Lane(sftp, part.handle, up), roundTrip, channel -> {
                channel.block(sftp.block());
                return new Lane(channel, openToWrite(channel, part.name), up);
            });
        } catch (SFTPException e) {
            if (e.getStatusCode() == Response.StatusCode.FAILURE) {
                hint(whyNotWritten(sftp, Names.parent(part.name)));
            }
            throw e;
        } finally {
            if (ahead != null) {
                ahead.end();
            }
        }
    }

    /** Takes runs of zeros for arrived where the source has holes: the new file is as long, and nothing but a hole yet. */
    private void keepHoles(Crew crew, Part part, Runs runs) throws Exception {
        List<Runs.Run> holes = awaited(crew.threads().submit(() -> Holes.of(source(), file())));
        if (holes.isEmpty()) {
            return;
        }
        FileAttributes whole =
                new FileAttributes.Builder().withSize(file().size()).build();
        @Nullable SFTPException refusal = refusal(part.channel.call(
                part.channel.request(PacketType.FSETSTAT, part.handle).putFileAttributes(whole)));
        if (refusal == null) {
            holes.forEach(hole -> runs.haveFrom(hole.offset(), hole.end()));
        }
    }

    /** Where the file is to be in the end; asks all it wants to know at once. */
    private Place find(Sftp sftp, String path) throws Exception {
        Promise<Response, SFTPException> stat = sftp.send(sftp.request(PacketType.STAT, path));
        Promise<Response, SFTPException> real = sftp.send(sftp.request(PacketType.REALPATH, path));
        Promise<Response, SFTPException> parent = sftp.send(sftp.request(PacketType.REALPATH, Names.parent(path)));
        sftp.learnLimits();
        Response there = sftp.answer(stat);
        if (there.getType() != PacketType.ATTRS) {
            if (path.endsWith("/")) {
                throw CopyException.refused("no such directory: " + far() + "; make it, or leave the slash away");
            }
            return new Place(Names.in(Sftp.name(sftp.answer(parent)), Names.last(path)), Optional.empty());
        }
        String found = Sftp.name(sftp.answer(real));
        FileAttributes attributes = there.readFileAttributes();
        if (attributes.getType() != FileMode.Type.DIRECTORY) {
            requireFile(attributes.getType(), found);
            return new Place(found, Optional.of(attributes));
        }
        // The name that was given, not that of what it leads to: two links to files of one name are two files.
        Path name = Objects.requireNonNull(local.toAbsolutePath().normalize().getFileName());
        String inside = Names.in(found, name.toString());
        try {
            Promise<Response, SFTPException> end = sftp.send(sftp.request(PacketType.REALPATH, inside));
            FileAttributes file = sftp.stat(inside);
            requireFile(file.getType(), inside);
            return new Place(Sftp.name(sftp.answer(end)), Optional.of(file));
        } catch (SFTPException e) {
            if (!Sftp.isMissing(e)) {
                throw e;
            }
        }
        return new Place(inside, Optional.empty());
    }

    private void requireFile(FileMode.Type type, String path) {
        if (type != FileMode.Type.REGULAR) {
            throw CopyException.refused("there is something else than a file at " + pool.remote() + ":"
                    + Names.printable(path) + " (" + type + "): it is not replaced");
        }
    }

    private Part openTarget(Sftp sftp, Place found) throws Exception {
        byte[] handle = sftp.open(
                found.path, EnumSet.of(OpenMode.WRITE, OpenMode.CREAT, OpenMode.TRUNC), permissions(sourceMode()));
        return new Part(sftp, found.path, handle, false, false, true);
    }

    /**
     * Nobody else writes to it, or writes the same: see {@link Names#part}. So one that is there is written over where it
     * differs, also under a copy that is about to put it into the target's place. What is no file that this login may write
     * to is left alone, and the bytes go to a name of their own.
     */
    private Part openPart(Crew crew, Sftp sftp, String part, Runs runs) throws Exception {
        for (int i = 0; ; i++) {
            try {
                return new Part(sftp, part, create(sftp, part), true, false, false);
            } catch (SFTPException e) {
                Optional<FileAttributes> there = sftp.look(part);
                if (i == ATTEMPTS || (there.isEmpty() && e.getStatusCode() != Response.StatusCode.FAILURE)) {
                    hint(whyNotCreated(sftp, part, e));
                    throw e;
                }
                @Nullable Part opened = there.isEmpty() ? null : reopen(crew, sftp, part, there.get(), runs);
                if (opened != null) {
                    return opened;
                }
                // Another copy has put it into its place meanwhile.
            }
        }
    }

    private String whyNotCreated(Sftp sftp, String part, SFTPException e) {
        boolean silent = e.getStatusCode() == Response.StatusCode.FAILURE;
        String directory = Names.parent(part);
        return silent
                ? whyNotWritten(sftp, directory)
                : ": no file can be made in " + Names.printable(directory)
                        + (place().existing.isPresent() ? OFFER : "");
    }

    private @Nullable Part reopen(Crew crew, Sftp sftp, String part, FileAttributes there, Runs runs) throws Exception {
        long size = file().size();
        if (there.getType() == FileMode.Type.REGULAR) {
            requireReplaceable(there);
            try {
                int mode = there.getMode().getPermissionsMask();
                if ((mode & PRIVATE) != PRIVATE) {
                    // A copy ended between its last two steps. When it may not be changed, the open fails too.
                    sftp.call(sftp.request(PacketType.SETSTAT, part).putFileAttributes(permissions(mode | PRIVATE)));
                }
                Sftp still = sftp;
                byte[] handle = openToWrite(still, part);
                if (there.getSize() > size) {
                    still.call(still.request(PacketType.FSETSTAT, handle)
                                    .putFileAttributes(new FileAttributes.Builder()
                                            .withSize(size)
                                            .build()))
                            .ensureStatusPacketIsOK();
                }
                if (there.getSize() > 0) {
                    still = compare(crew, sftp, part, file().channel(), Math.min(there.getSize(), size), runs)
                            .channel();
                    handle = still == sftp ? handle : openToWrite(still, part);
                }
                return new Part(still, part, handle, true, true, false);
            } catch (SFTPException e) {
                if (Sftp.isMissing(e)) {
                    return null;
                }
                if (e.getStatusCode() != Response.StatusCode.PERMISSION_DENIED) {
                    throw e;
                }
            }
        }
        String own = Names.in(Names.parent(part), Names.part(Names.last(part), List.of(UUID.randomUUID())));
        return new Part(sftp, own, create(sftp, own), false, false, false);
    }

    private static FileAttributes permissions(int mode) {
        return new FileAttributes.Builder().withPermissions(mode).build();
    }

    private static byte[] openToWrite(Sftp sftp, String part) throws IOException {
        return sftp.open(part, EnumSet.of(OpenMode.WRITE), FileAttributes.EMPTY);
    }

    /** The permission bits of the source. */
    private int sourceMode() throws Exception {
        @Nullable PosixFileAttributeView posix = Files.getFileAttributeView(source(), PosixFileAttributeView.class);
        return posix == null ? 0644 : Modes.bits(here(posix::readAttributes).permissions());
    }

    /**
     * With the source's permissions, of which the server takes away what its umask says: what is left are those of the new
     * file. Where it is to replace one it is private until then.
     */
    private byte[] create(Sftp sftp, String part) throws Exception {
        boolean replaces = place().existing.isPresent();
        int mode = replaces ? PRIVATE : sourceMode() | PRIVATE;
        Promise<Response, SFTPException> made = sftp.send(sftp.request(PacketType.OPEN, part)
                .putUInt32(OpenMode.toMask(EnumSet.of(OpenMode.WRITE, OpenMode.CREAT, OpenMode.EXCL)))
                .putFileAttributes(permissions(mode)));
        @Nullable Promise<Response, SFTPException> own = replaces ? sftp.send(sftp.request(PacketType.LSTAT, part)) : null;
        byte[] handle = sftp.answer(made).ensurePacketTypeIs(PacketType.HANDLE).readBytes();
        if (own != null) {
            try {
                requireReplaceable(
                        sftp.answer(own).ensurePacketTypeIs(PacketType.ATTRS).readFileAttributes());
            } catch (CopyException e) {
                sftp.send(sftp.request(PacketType.CLOSE, handle));
                refusal(sftp.call(sftp.request(PacketType.REMOVE, part)));
                throw e;
            }
        }
        return handle;
    }

    /**
     * A rename asks nobody whether a file may be written to, and makes it that of whoever renames.
     *
     * @param made a file that this login has made
     */
    private void requireReplaceable(FileAttributes made) {
        Optional<FileAttributes> there = place().existing;
        if (there.isEmpty() || !told(there.get()) || !told(made) || made.getUID() == 0) {
            return;
        }
        if (there.get().getUID() != made.getUID()) {
            throw CopyException.refused(far() + " belongs to another account there (user id "
                    + there.get().getUID() + ", this login's is " + made.getUID()
                    + "), and would become this login's: it is not replaced" + OFFER);
        }
        if ((there.get().getMode().getPermissionsMask() & 0200) == 0) {
            throw CopyException.refused("permission denied there: " + far()
                    + " is read-only: it is not replaced. Make it writable, or remove it first");
        }
    }

    private static boolean told(FileAttributes attributes) {
        return attributes.has(FileAttributes.Flag.UIDGID) && attributes.has(FileAttributes.Flag.MODE);
    }

    /** All has arrived: check it, and put it in its place. */
    private Copied settle(Crew crew, Part part, int channels, @Nullable Ahead ahead, String sum) throws Exception {
        Sftp sftp = part.channel;
        String target = place().path;
        Promise<Response, SFTPException> sized = sftp.send(sftp.request(PacketType.FSTAT, part.handle));
        Promise<Response, SFTPException> closed = sftp.send(sftp.request(PacketType.CLOSE, part.handle));
        Asked far = ahead != null && ahead.confirms(sum)
                ? new Asked(ahead.following, ahead.answer)
                : askIfWanted(
                        crew,
                        question -> part.isTarget ? question.whole(target) : question.part(part.name, replaced()));
        FileAttributes made =
                sftp.answer(sized).ensurePacketTypeIs(PacketType.ATTRS).readFileAttributes();
        sftp.answer(closed).ensureStatusPacketIsOK();
        Checked checked = check(crew, yieldTo(far, crew, sftp), far, part, target, sum);
        if (part.isTarget && !checked.isRight(sum)) {
            checked = looked(crew, checked, target, made);
        }
        RemoteSum.Answer there = checked.answer;
        requireUnchanged(sum);
        if (made.getSize() != file().size() || !checked.isRight(sum)) {
            throw spoilt("what arrived at " + far() + " is not what " + near() + " is: copy it again");
        }
        if (part.isTarget) {
            placed();
            dress(checked.channel, target, times());
        } else {
            FileAttributes wanted = wanted(made);
            Sftp still = tellLosses(crew, checked.channel, part, there);
            if (checked.placed) {
                dress(still, target, wanted);
            } else {
                place(still, part.name, target, made, wanted);
            }
        }
        file().told().ifPresent(this::notice);
        return arrived(target, channels, there.isThere() ? sum : null, there.why());
    }

    /** A source that has grown is copied as it was at the start. */
    private void requireUnchanged(String sum) throws Exception {
        Version now = version(source());
        if (now.equals(version()) || file().isSpooled()) {
            return;
        }
        long size = file().size();
        boolean grown = version().isBeginOf(now)
                && (!options.verify() || LocalSum.of(file().channel(), 0, size).equals(sum));
        if (!grown) {
            throw spoilt(near() + " changed while it was copied: copy it again");
        }
        notice(near() + " grew while it was copied: what arrived are its first " + size
                + " bytes, all it had at the start"
                + (options.verify() ? "" : "; whether those changed was not checked"));
    }

    /** Says what of the old file is not in the new one's place; returns the channel to go on with. */
    private Sftp tellLosses(Crew crew, Sftp channel, Part part, RemoteSum.Answer answer) throws Exception {
        Beside beside = answer.beside();
        Sftp still = channel;
        if (!options.verify() && place().existing.isPresent()) {
            // It finds out nothing of checksums.
            RemoteSum looking = new RemoteSum(pool, job, there -> {});
            Asked asked = new Asked(looking, crew.threads().submit(() -> looking.beside(part.name, replaced())));
            still = yieldTo(asked, crew, channel);
            beside = result(asked.answer()).beside();
        }
        if (beside.names() > 1) {
            notice(target() + " had " + beside.names()
                    + " names (hard links): the others still are the old file; --inplace"
                    + " writes to the file of all of them");
        }
        if (beside.listLost()) {
            notice("the access control list of " + target() + " is lost; --inplace keeps it");
        }
        String versions = Names.versions(part.name);
        for (String other : beside.parts()) {
            notice("an earlier copy of another version of " + near() + " was not finished, and has left "
                    + Names.printable(versions + other) + " there: remove it unless that copy is under way");
        }
        return still;
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
    private Checked check(Crew crew, Sftp channel, Asked far, Part part, String target, String sum) throws Exception {
        @Nullable Checked arrived = null;
        @Nullable NoSumException failure = null;
        try {
            RemoteSum.Answer answer = result(far.answer());
            if (answer.absent() && channel.look(part.name).isEmpty()) {
                throw new NoSumException(answer.why());
            }
            arrived = new Checked(
                    channel, answer.absent() ? RemoteSum.Answer.none(answer.why() + OTHER_ROOT) : answer, false);
        } catch (NoSumException e) {
            failure = e;
        }
        boolean right = arrived != null && arrived.isRight(sum);
        Sftp still = channel;
        if (!right
                && !part.isTarget
                && still.look(target)
                        .filter(there -> there.getSize() == file().size())
                        .isPresent()) {
            Asked now = askIfWanted(crew, question -> question.whole(target));
            still = yieldTo(now, crew, still);
            try {
                Checked placed = new Checked(still, result(now.answer()), true);
                if (placed.answer.isThere() && placed.isRight(sum)) {
                    gone();
                    refusal(still.call(still.request(PacketType.REMOVE, part.name)));
                    return placed;
                }
            } catch (NoSumException e) {
                // Of the part it has been said, or not.
            }
        }
        if (failure != null) {
            throw failure;
        }
        return new Checked(still, Objects.requireNonNull(arrived).answer, false);
    }

    /** A checksum that is not right may be another file's, where SFTP has another root: then there is none. */
    private Checked looked(Crew crew, Checked checked, String target, FileAttributes made) throws Exception {
        Asked another = ask(
                crew,
                sum -> sum.seesAnother(target, made)
                        ? RemoteSum.Answer.none("the shell there sees another file of that name" + OTHER_ROOT)
                        : checked.answer);
        Sftp still = yieldTo(another, crew, checked.channel);
        return new Checked(still, result(another.answer()), false);
    }

    /**
     * Permissions and time of the new file.
     *
     * @param made the part's, which has of the source's permissions what the umask left of them
     */
    private FileAttributes wanted(FileAttributes made) throws Exception {
        FileAttributes.Builder wanted = new FileAttributes.Builder();
        if (!made.has(FileAttributes.Flag.MODE)) {
            wanted.withPermissions(sourceMode());
        } else {
            boolean root = told(made) && made.getUID() == 0;
            wanted.withPermissions(place().existing
                    .filter(there -> there.has(FileAttributes.Flag.MODE))
                    .map(there -> there.getMode().getPermissionsMask() & (root ? 07777 : 0777))
                    .orElse(made.getMode().getPermissionsMask() & sourceMode()));
        }
        setTimes(wanted);
        return wanted.build();
    }

    private FileAttributes times() {
        FileAttributes.Builder times = new FileAttributes.Builder();
        setTimes(times);
        return times.build();
    }

    private void setTimes(FileAttributes.Builder wanted) {
        long seconds = version().seconds();
        if (isTime(seconds)) {
            wanted.withAtimeMtime(seconds, seconds);
        } else {
            notice("SFTP has no word for the time of " + near() + ", " + Instant.ofEpochSecond(seconds)
                    + ": the copy has that of its making");
        }
    }

    /** Whether SFTP of version 3 can express it: seconds since 1970, in 32 bits. */
    private static boolean isTime(long seconds) {
        return seconds >= 0 && seconds <= 0xffffffffL;
    }

    /**
     * Gives it its permissions and time, and renames it. Not before: who may not write to it, or read it, could not go on from
     * it. One after the other, yet without waiting, so that a connection is hardly lost between the two.
     */
    private void place(Sftp sftp, String part, String target, FileAttributes made, FileAttributes wanted)
            throws Exception {
        @Nullable Promise<Response, SFTPException> owned = giveToOwner(sftp, part, made);
        Promise<Response, SFTPException> dressed =
                sftp.send(sftp.request(PacketType.SETSTAT, part).putFileAttributes(wanted));
        Request rename = sftp.supports("posix-rename")
                ? sftp.extended("posix-rename@openssh.com").putString(part, UTF_8)
                : sftp.request(PacketType.RENAME, part);
        boolean renamed = false;
        try {
            @Nullable SFTPException refusal = refusal(sftp.call(rename.putString(target, UTF_8)));
            if (refusal != null) {
                requirePlaced(sftp, part, target, refusal);
            }
            renamed = true;
            placed();
            if (refusal != null || refusal(sftp.answer(dressed)) != null) {
                dress(sftp, target, wanted);
            }
            if (owned != null && refusal(sftp.answer(owned)) != null) {
                notice("the group (and owner) of " + target() + " could not be kept; --inplace keeps it");
            }
        } catch (IOException lost) {
            if (renamed) {
                notice(target()
                        + " is there, whole, but the connection was lost before the server said whether it has set"
                        + " permissions and time");
                return;
            }
            Optional<Boolean> placed = isPlaced(part, target);
            if (placed.isEmpty()) {
                inDoubt(target);
            }
            if (!placed.orElse(false)) {
                throw lost;
            }
        }
    }

    /** Null where the new file has the old one's owner and group by itself. */
    private @Nullable Promise<Response, SFTPException> giveToOwner(Sftp sftp, String part, FileAttributes made)
            throws IOException {
        Optional<FileAttributes> there = place().existing.filter(Push::told);
        if (there.isEmpty()
                || !told(made)
                || (there.get().getUID() == made.getUID() && there.get().getGID() == made.getGID())) {
            return null;
        }
        FileAttributes owner = new FileAttributes.Builder()
                .withUIDGID(there.get().getUID(), there.get().getGID())
                .build();
        return sftp.send(sftp.request(PacketType.SETSTAT, part).putFileAttributes(owner));
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
    private void requirePlaced(Sftp sftp, String part, String target, SFTPException refusal) throws IOException {
        if (sftp.look(part).isPresent()) {
            throw new CopyException(
                    "the whole file is at " + Names.printable(part) + ", and the server does not rename it to "
                            + Names.printable(target) + ": " + refusal.getMessage()
                            + (place().existing.isPresent() ? OFFER : ""),
                    part,
                    false,
                    refusal);
        }
        Optional<FileAttributes> there = sftp.look(target);
        if (there.isEmpty() || there.get().getSize() != file().size()) {
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
    private Optional<Boolean> isPlaced(String part, String target) {
        try (Sftp again = Sftp.open(pool, Job.withTimeout(TO_CLEAN_UP))) {
            if (again.look(part).isPresent()) {
                return Optional.of(false);
            }
            long seconds = version().seconds();
            boolean same = again.look(target)
                    .filter(there -> there.getSize() == file().size() && isTime(seconds) && mtime(there) == seconds)
                    .isPresent();
            return same ? Optional.of(true) : Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    /** Gives the target, which is there, its permissions and time. */
    private void dress(Sftp sftp, String target, FileAttributes wanted) throws IOException {
        if (!wanted.has(FileAttributes.Flag.MODE) && !wanted.has(FileAttributes.Flag.ACMODTIME)) {
            return;
        }
        @Nullable SFTPException refusal =
                refusal(sftp.call(sftp.request(PacketType.SETSTAT, target).putFileAttributes(wanted)));
        if (refusal != null) {
            String what = wanted.has(FileAttributes.Flag.MODE) ? "the permissions and the time" : "the time";
            notice(target() + " is there, whole, but the server refuses to set " + what + " of " + near() + ": "
                    + refusal.getMessage());
        }
    }

    @Override
    void removePart(String part) throws Exception {
        try (Sftp sftp = Sftp.open(pool, Job.withTimeout(TO_CLEAN_UP))) {
            sftp.remove(part);
        }
    }
}
