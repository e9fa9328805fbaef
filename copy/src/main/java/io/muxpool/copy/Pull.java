package io.muxpool.copy;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import net.schmizz.concurrent.Promise;
import net.schmizz.sshj.sftp.FileAttributes;
import net.schmizz.sshj.sftp.FileMode;
import net.schmizz.sshj.sftp.OpenMode;
import net.schmizz.sshj.sftp.PacketType;
import net.schmizz.sshj.sftp.Response;
import net.schmizz.sshj.sftp.SFTPException;
import org.jspecify.annotations.Nullable;

/** A file on its way from the remote. */
final class Pull extends Trip {
    private static final Set<PosixFilePermission> PRIVATE =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    // A directory with more names than that is not searched for parts of older versions.
    private static final int MOST_NAMES = 1000;
    // Files of /proc and /sys tell sizes that are not theirs, 0 or a page's.
    private static final long MOST_TOLD = 64L * 1024;
    // Beyond it, 32 bits of SFTP may as well be a time before 1970.
    private static final long LAST_CERTAIN_TIME = Integer.MAX_VALUE;
    private static final String OFFER =
            "; --inplace (Copy.Builder.inPlace) writes into the file that is there, where that is allowed";

    private final String remote;
    private final Path local;
    // Set by copy, which is called once, in this order.
    private @Nullable Place place;
    private @Nullable String source;
    private @Nullable FileAttributes version;

    Pull(ConnectionPool pool, Copy.Options options, Job job, String remote, Path local) {
        super(pool, options, job);
        this.remote = remote;
        this.local = local;
    }

    @Override
    String doing() {
        return "copying " + far() + " to " + near();
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
        Place known = place;
        return known == null ? near() : Names.printable(known.path.toString());
    }

    /**
     * Where the file is to be in the end.
     *
     * @param exists whether a file is there
     * @param existing what that has beside its bytes; empty when nothing is there, or that cannot be told
     */
    private record Place(Path path, boolean exists, Optional<LocalAttributes> existing) {}

    private Place place() {
        return Objects.requireNonNull(place);
    }

    private String source() {
        return Objects.requireNonNull(source);
    }

    private FileAttributes version() {
        return Objects.requireNonNull(version);
    }

    /** The permission bits of the source. */
    private int sourceMode() {
        return version().has(FileAttributes.Flag.MODE) ? version().getMode().getPermissionsMask() : 0666;
    }

    @Override
    Copied copy(Crew crew) throws Exception {
        place = find();
        Sftp sftp = crew.open();
        String path = sftp.expand(remote);
        long asked = System.nanoTime();
        Promise<Response, SFTPException> real = sftp.send(sftp.request(PacketType.REALPATH, path));
        sftp.learnLimits();
        FileAttributes seen = sftp.stat(path);
        version = seen;
        if (seen.getType() != FileMode.Type.REGULAR) {
            throw CopyException.refused("not a file: " + far() + "; only files can be copied");
        }
        source = Sftp.name(sftp.answer(real));
        // A disk may have been asleep for one of them.
        long roundTrip = Math.min(System.nanoTime() - asked, sftp.roundTripNanos());
        long size = seen.getSize();
        sized(size);
        crew.prepare(size, options.stripes(), roundTrip);

        Path part = options.inPlace() ? place().path : partName();
        try (PartFile opened = openPart(part)) {
            FileChannel file = opened.channel();
            Runs runs = new Runs(size);
            Sftp still = options.inPlace() ? sftp : goOn(crew, sftp, part, file, runs);
            if (options.inPlace()) {
                overwriting();
                here(() -> file.truncate(0));
            } else {
                begun(part.toString(), true, runs, size);
                here(() -> {
                    requireReplaceable(part);
                    return part;
                });
            }
            return filled(crew, still, file, runs, roundTrip, part);
        }
    }

    private Path partName() {
        return place().path
                .resolveSibling(Names.part(
                        Names.last(place().path.toString()),
                        List.of(options.resume() ? pool.remote() : UUID.randomUUID(), source(), place().path),
                        version().getSize(),
                        mtime(version())));
    }

    /** Finds out what of an earlier try is right; returns the channel to go on with. */
    private Sftp goOn(Crew crew, Sftp sftp, Path part, FileChannel file, Runs runs) throws Exception {
        long there = here(file::size);
        if (there == 0) {
            removeOlder(part);
            return sftp;
        }
        if (there > version().getSize()) {
            here(() -> file.truncate(0));
            return sftp;
        }
        Compared compared = compare(crew, sftp, source(), file, there, runs);
        if (!compared.known()) {
            here(() -> file.truncate(0));
        }
        return compared.channel();
    }

    /** Removes parts of other versions of this copy, which nobody goes on from; but none that another copy holds. */
    private static void removeOlder(Path part) {
        String versions = Names.versions(part.getFileName().toString());
        Path directory = Objects.requireNonNull(part.getParent());
        try (DirectoryStream<Path> names = Files.newDirectoryStream(directory)) {
            int looked = 0;
            for (Path one : names) {
                if (++looked > MOST_NAMES) {
                    return;
                }
                String name = one.getFileName().toString();
                if (name.startsWith(versions)
                        && name.length() == versions.length() + Names.VERSION_LENGTH
                        && !one.equals(part)) {
                    removeIdle(one);
                }
            }
        } catch (IOException | RuntimeException e) {
            // They are in nobody's way.
            return;
        }
    }

    private static void removeIdle(Path part) throws IOException {
        try (PartFile idle = PartFile.tryOpen(part, PRIVATE)) {
            if (idle != null) {
                Files.deleteIfExists(part);
            }
        }
    }

    private Copied filled(Crew crew, Sftp sftp, FileChannel file, Runs runs, long roundTrip, Path part)
            throws Exception {
        try {
            return fill(crew, sftp, file, runs, roundTrip, part);
        } catch (Exception e) {
            // While it is locked: later it may be another copy's.
            dropUseless();
            throw e;
        }
    }

    private static byte[] openSource(Sftp sftp, String source) throws IOException {
        return sftp.open(source, EnumSet.of(OpenMode.READ), FileAttributes.EMPTY);
    }

    private Copied fill(Crew crew, Sftp sftp, FileChannel file, Runs runs, long roundTrip, Path part) throws Exception {
        long size = version().getSize();
        byte[] handle = openSource(sftp, source());
        if (size == 0) {
            long drained = drain(sftp, handle, file);
            if (drained > 0) {
                return unsized(part, drained);
            }
        }
        Asked far = askIfWanted(crew, sum -> sum.whole(source()));
        Future<String> near = crew.threads().submit(() -> options.verify() ? LocalSum.following(file, size, runs) : "");
        Flow down = new Flow.Down(file);
        int channels = 0;
        try {
            if (!runs.haveAll()) {
                channels =
                        crew.carry(runs, size, options.stripes(), new Lane(sftp, handle, down), roundTrip, channel -> {
                            channel.block(sftp.block());
                            return new Lane(channel, openSource(channel, source()), down);
                        });
            }
        } catch (SFTPException e) {
            if (e.getStatusCode() != Response.StatusCode.EOF) {
                throw e;
            }
            return shorter(sftp, handle, file, part);
        }
        here(() -> {
            Zeros.end(file, size);
            return size;
        });
        FileAttributes after = sftp.call(sftp.request(PacketType.FSTAT, handle))
                .ensurePacketTypeIs(PacketType.ATTRS)
                .readFileAttributes();
        Sftp still = yieldTo(far, crew, sftp);
        String here = result(near);
        RemoteSum.Answer there = checked(crew, still, far, after, here);
        settle(part);
        return arrived(place().path.toString(), channels, there.isThere() ? here : null, there.why());
    }

    /**
     * The checksum of the other side, which is right, or none.
     *
     * @param after what the open file has by now
     * @param here the checksum of what has arrived
     * @throws CopyException when the file is not what has arrived
     */
    private RemoteSum.Answer checked(Crew crew, Sftp sftp, Asked far, FileAttributes after, String here)
            throws Exception {
        long size = version().getSize();
        if (after.getSize() > size) {
            Asked begin = askIfWanted(crew, sum -> sum.begin(source(), size));
            Sftp still = yieldTo(begin, crew, sftp);
            RemoteSum.Answer there = known(still, result(begin.answer()), after);
            if (there.isThere() && !there.sums().get(0).equals(here)) {
                throw spoilt(far() + " changed while it was copied: copy it again");
            }
            notice(far() + " grew while it was copied: what arrived are its first " + size
                    + " bytes, all it had at the start"
                    + (there.isThere() ? "" : "; whether those changed was not checked"));
            return there;
        }
        RemoteSum.Answer there = known(sftp, result(far.answer()), after);
        if (after.getSize() != size || mtime(after) != mtime(version())) {
            throw spoilt(far() + " changed while it was copied: copy it again");
        }
        if (there.isThere() && !there.sums().get(0).equals(here)) {
            Asked another = ask(
                    crew,
                    sum -> sum.seesAnother(source(), after)
                            ? RemoteSum.Answer.none("the shell there sees another file of that name" + OTHER_ROOT)
                            : there);
            yieldTo(another, crew, sftp);
            RemoteSum.Answer seen = result(another.answer());
            if (seen.isThere()) {
                throw spoilt("what arrived at " + near() + " is not what " + far() + " is: copy it again");
            }
            return seen;
        }
        return there;
    }

    /** What an answer says of a file that the shell does not see. */
    private RemoteSum.Answer known(Sftp sftp, RemoteSum.Answer answer, FileAttributes after) throws IOException {
        if (!answer.absent()) {
            return answer;
        }
        if (sftp.look(source()).isPresent()) {
            return RemoteSum.Answer.none(answer.why() + OTHER_ROOT);
        }
        notice(far() + " was removed or renamed while it was copied: what arrived are the " + after.getSize()
                + " bytes that it had");
        return RemoteSum.Answer.none("the file was gone when its checksum was to be made");
    }

    /** The source ended before its size. */
    private Copied shorter(Sftp sftp, byte[] handle, FileChannel file, Path part) throws Exception {
        FileAttributes after = sftp.call(sftp.request(PacketType.FSTAT, handle))
                .ensurePacketTypeIs(PacketType.ATTRS)
                .readFileAttributes();
        if (after.getSize() != version().getSize() || after.getSize() > MOST_TOLD) {
            throw spoilt(far() + " became shorter while it was copied: copy it again");
        }
        here(() -> file.truncate(0));
        return unsized(part, drain(sftp, openSource(sftp, source()), file));
    }

    /** All of a file that does not tell its size has arrived. */
    private Copied unsized(Path part, long bytes) throws Exception {
        notice(far() + " tells a size of " + version().getSize() + " bytes, which is not its size: " + bytes
                + " bytes could be read, and were copied");
        sized(bytes);
        settle(part);
        return arrived(
                place().path.toString(),
                1,
                null,
                "the file does not tell its size, and may be another at each reading");
    }

    /** Reads a file to its end, one block after the other; returns how many bytes there were. */
    private static long drain(Sftp sftp, byte[] handle, FileChannel file) throws Exception {
        long at = 0;
        while (true) {
            Response answer = sftp.call(
                    sftp.request(PacketType.READ, handle).putUInt64(at).putUInt32(sftp.block()));
            try {
                answer.ensurePacketTypeIs(PacketType.DATA);
            } catch (SFTPException e) {
                if (e.getStatusCode() == Response.StatusCode.EOF) {
                    return at;
                }
                throw e;
            }
            int got = answer.readUInt32AsInt();
            if (got < 1 || got > answer.available()) {
                throw new IOException("the server answers a read with " + got + " bytes");
            }
            ByteBuffer bytes = ByteBuffer.wrap(answer.array(), answer.rpos(), got);
            long from = at;
            here(() -> {
                for (long place = from; bytes.hasRemaining(); ) {
                    place += file.write(bytes, place);
                }
                return from;
            });
            at += got;
        }
    }

    /** Where the file is to be in the end. */
    private Place find() throws Exception {
        Path name = Files.isDirectory(local) ? local.resolve(Names.last(remote)) : local.toAbsolutePath();
        if (!Files.exists(name)) {
            Path parent = Objects.requireNonNull(name.toAbsolutePath().getParent());
            return new Place(here(() -> parent.toRealPath().resolve(name.getFileName())), false, Optional.empty());
        }
        if (!Files.isRegularFile(name)) {
            throw CopyException.refused("there is something else than a file at " + Names.printable(name.toString())
                    + ": it is not replaced");
        }
        Path path = here(name::toRealPath);
        if (!Files.isWritable(path)) {
            throw CopyException.refused("permission denied: " + Names.printable(path.toString())
                    + " may not be written to: it is not replaced. Make it writable, or remove it first");
        }
        return new Place(path, true, here(() -> LocalAttributes.of(path)));
    }

    private PartFile openPart(Path part) throws Exception {
        // Where it is to replace one it is private until then.
        Set<PosixFilePermission> permissions = EnumSet.copyOf(PRIVATE);
        if (!place().exists) {
            permissions.addAll(Modes.permissions(sourceMode()));
        }
        try {
            hint(place().exists && !options.inPlace() ? OFFER : "");
            @Nullable PartFile opened = here(() -> PartFile.tryOpen(part, permissions));
            if (opened == null) {
                throw CopyException.refused("another copy to " + near() + " is under way");
            }
            hint("");
            return opened;
        } catch (CopyException e) {
            hint("");
            throw e;
        }
    }

    /** A rename asks nobody whose file it replaces, and makes it that of whoever renames. */
    private void requireReplaceable(Path part) throws IOException {
        Optional<LocalAttributes> made = LocalAttributes.of(part);
        Optional<LocalAttributes> there = place().existing;
        if (made.isPresent()
                && there.isPresent()
                && made.get().uid() != 0
                && made.get().uid() != there.get().uid()) {
            Files.deleteIfExists(part);
            gone();
            throw CopyException.refused(target() + " belongs to another account (user id "
                    + there.get().uid() + ", yours is " + made.get().uid()
                    + "), and would become yours: it is not replaced" + OFFER);
        }
    }

    /** Puts the part into its place, where it is not there already. */
    private void settle(Path part) throws Exception {
        if (options.inPlace()) {
            placed();
            if (!place().exists) {
                Optional<LocalAttributes> made = here(() -> LocalAttributes.of(part));
                setMode(made.map(file -> file.mode() & sourceMode()));
            }
            setTime();
        } else {
            replace(part);
        }
    }

    /**
     * The time comes behind the rename: Java sets it on a descriptor of its own, whose end would drop the part's lock, and
     * another process could take for an old part what becomes the target. It needs the right to read, so what is not for its
     * owner to read is that at the very end.
     */
    private void replace(Path part) throws Exception {
        Path target = place().path;
        Optional<LocalAttributes> made = here(() -> LocalAttributes.of(part));
        Optional<LocalAttributes> there = place().existing;
        // Of the source's permissions the part has what the umask left of them.
        int wanted = there.isPresent()
                ? there.get().mode() & (made.isPresent() && made.get().uid() == 0 ? 07777 : 0777)
                : made.map(LocalAttributes::mode).orElse(0) & sourceMode();
        if (made.isPresent()) {
            if (there.isPresent()) {
                carryOver(part, made.get(), there.get());
            }
            here(() -> {
                LocalAttributes.setMode(part, wanted | 0400);
                return wanted;
            });
        }
        hint(place().exists ? OFFER : "");
        here(() -> Files.move(part, target, StandardCopyOption.ATOMIC_MOVE));
        hint("");
        placed();
        setTime();
        if (made.isPresent() && (wanted & 0400) == 0) {
            setMode(Optional.of(wanted));
        }
    }

    private void carryOver(Path part, LocalAttributes made, LocalAttributes there) throws InterruptedException {
        Beside beside = LocalAttributes.carryOver(part, place().path);
        if (beside.names() > 1) {
            notice(target() + " had " + beside.names()
                    + " names (hard links): the others still are the old file; --inplace"
                    + " writes to the file of all of them");
        }
        if (beside.listLost()) {
            notice("the access control list of " + target() + " is lost; --inplace keeps it");
        }
        if ((made.uid() != there.uid() || made.gid() != there.gid()) && !there.own(part)) {
            notice("the group (and owner) of " + target() + " could not be kept; --inplace keeps it");
        }
    }

    private void setMode(Optional<Integer> mode) {
        if (mode.isEmpty()) {
            return;
        }
        try {
            LocalAttributes.setMode(place().path, mode.get());
        } catch (IOException e) {
            notice(target() + " is there, whole, but its permissions cannot be set: " + e.getMessage());
        }
    }

    private void setTime() {
        long seconds = mtime(version());
        if (seconds > LAST_CERTAIN_TIME) {
            notice("SFTP tells " + Instant.ofEpochSecond(seconds) + " as the time of " + far()
                    + ", which may stand for one before 1970");
        }
        try {
            Files.setLastModifiedTime(place().path, FileTime.from(seconds, TimeUnit.SECONDS));
        } catch (IOException e) {
            notice(target() + " is there, whole, but its time cannot be set: " + e.getMessage());
        }
    }

    @Override
    void removePart(String part) throws Exception {
        Files.deleteIfExists(Path.of(part));
    }
}
