package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.time.Duration;
import java.util.EnumSet;
import java.util.UUID;
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
    private record Version(String file, long size, long mtimeNanos) {}

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
            long asked = System.nanoTime();
            String target = target(sftp);
            long roundTrip = System.nanoTime() - asked;

            String name =
                    Names.part(Names.last(target), options.resume() ? "" : UUID.randomUUID(), source, version, target);
            String part = Names.in(Names.parent(target), name);
            Runs runs = new Runs(version.size);
            Part opened = openPart(crew, sftp, part, file, version.size, runs);
            begun(opened.name, runs, version.size);
            int channels = runs.haveAll() ? 0 : carry(crew, sftp, opened, file, runs, version.size, roundTrip);
            Copied copied = settle(crew, sftp, opened, target, source, version, channels, result(sum));
            if (!opened.name.equals(part)) {
                tidy(part);
            }
            return copied;
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    private record Part(String name, byte[] handle) {}

    /** What an earlier copy left, and nobody could go on from. Whoever still writes to it finds that out by its rename. */
    private void tidy(String part) {
        try {
            removePart(part);
        } catch (Exception e) {
            // It stays: the file is in its place all the same.
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private int carry(Crew crew, Sftp sftp, Part part, FileChannel file, Runs runs, long size, long roundTrip)
            throws Exception {
        Flow up = new Flow.Up(file);
        return crew.carry(runs, size, options.stripes(), new Lane(sftp, part.handle, up), roundTrip, channel -> {
            channel.block(sftp.block());
            return new Lane(channel, channel.open(part.name, EnumSet.of(OpenMode.WRITE), FileAttributes.EMPTY), up);
        });
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
            if (!isMissing(e)) {
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
     * Nobody else writes to it, or writes the same: see {@link Names#part}. One that cannot be trusted is left as it is, and
     * the bytes go to a name of their own: another copy may be writing to it, and put it into the target's place.
     */
    private Part openPart(Crew crew, Sftp sftp, String part, FileChannel file, long size, Runs runs) throws Exception {
        try {
            return new Part(part, create(sftp, part));
        } catch (SFTPException e) {
            FileAttributes there;
            try {
                there = sftp.call(sftp.request(PacketType.LSTAT, part))
                        .ensurePacketTypeIs(PacketType.ATTRS)
                        .readFileAttributes();
            } catch (SFTPException missing) {
                throw e;
            }
            if (there.getType() == FileMode.Type.REGULAR
                    && there.getSize() <= size
                    && compare(crew, part, file, there.getSize(), runs)) {
                return new Part(part, sftp.open(part, EnumSet.of(OpenMode.WRITE), FileAttributes.EMPTY));
            }
            String own = Names.in(Names.parent(part), Names.part(Names.last(part), UUID.randomUUID()));
            return new Part(own, create(sftp, own));
        }
    }

    private static byte[] create(Sftp sftp, String part) throws Exception {
        return sftp.open(
                part,
                EnumSet.of(OpenMode.WRITE, OpenMode.CREAT, OpenMode.EXCL),
                new FileAttributes.Builder().withPermissions(PRIVATE).build());
    }

    /** All has arrived: check it, and put it in its place. */
    private Copied settle(
            Crew crew, Sftp sftp, Part part, String target, Path source, Version version, int channels, String sum)
            throws Exception {
        Promise<Response, SFTPException> dressed = sftp.send(
                sftp.request(PacketType.FSETSTAT, part.handle).putFileAttributes(attributes(source, version)));
        Promise<Response, SFTPException> sized = sftp.send(sftp.request(PacketType.FSTAT, part.handle));
        Promise<Response, SFTPException> closed = sftp.send(sftp.request(PacketType.CLOSE, part.handle));
        RemoteSum asked = new RemoteSum(pool, job);
        Future<RemoteSum.Answer> far =
                crew.threads().submit(() -> options.verify() ? asked.whole(part.name) : asked.unasked());
        sftp.answer(dressed).ensureStatusPacketIsOK();
        long size = sftp.answer(sized)
                .ensurePacketTypeIs(PacketType.ATTRS)
                .readFileAttributes()
                .getSize();
        sftp.answer(closed).ensureStatusPacketIsOK();
        Sftp still = yieldTo(asked, far, crew, sftp);
        RemoteSum.Answer there = result(far);
        if (!version(source).equals(version)) {
            throw spoilt(near() + " changed while it was copied: copy it again");
        }
        if (size != version.size || (there.isThere() && !there.sums().get(0).equals(sum))) {
            throw spoilt("what arrived at " + far() + " is not what " + near() + " is: copy it again");
        }
        rename(still, part.name, target);
        return arrived(target, channels, there.isThere() ? sum : null, there.why());
    }

    private static FileAttributes attributes(Path source, Version version) throws Exception {
        long seconds = Math.floorDiv(version.mtimeNanos, 1_000_000_000L);
        FileAttributes.Builder builder = new FileAttributes.Builder().withAtimeMtime(seconds, seconds);
        @Nullable PosixFileAttributeView posix = Files.getFileAttributeView(source, PosixFileAttributeView.class);
        return builder.withPermissions(
                        posix == null
                                ? 0644
                                : Modes.bits(here(posix::readAttributes).permissions()))
                .build();
    }

    private void rename(Sftp sftp, String part, String target) throws Exception {
        Request request = sftp.supports("posix-rename")
                ? sftp.extended("posix-rename@openssh.com").putString(part, UTF_8)
                : sftp.request(PacketType.RENAME, part);
        Response answer = sftp.call(request.putString(target, UTF_8));
        try {
            answer.ensureStatusPacketIsOK();
        } catch (SFTPException e) {
            throw new CopyException(
                    "the whole file is at " + Names.printable(part) + ", and the server does not rename it to "
                            + Names.printable(target) + ": " + e.getMessage(),
                    part,
                    false,
                    e);
        }
    }

    @Override
    void removePart(String part) throws Exception {
        try (Sftp sftp = Sftp.open(pool, Job.withTimeout(TO_CLEAN_UP))) {
            sftp.remove(part);
        }
    }
}
