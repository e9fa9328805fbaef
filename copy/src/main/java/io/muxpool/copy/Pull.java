package io.muxpool.copy;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Objects;
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
    private final String remote;
    private final Path local;

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
    Copied copy(Crew crew) throws Exception {
        Path target = target();
        Sftp sftp = crew.open();
        long asked = System.nanoTime();
        Promise<Response, SFTPException> real = sftp.send(sftp.request(PacketType.REALPATH, remote));
        sftp.learnLimits();
        FileAttributes version = sftp.stat(remote);
        if (version.getType() != FileMode.Type.REGULAR) {
            throw CopyException.refused("not a file: " + far() + "; only files can be copied");
        }
        String source = Sftp.name(sftp.answer(real));
        // A disk may have been asleep for one of them.
        long roundTrip = Math.min(System.nanoTime() - asked, sftp.roundTripNanos());
        crew.prepare(version.getSize(), options.stripes(), roundTrip);
        byte[] handle = openSource(sftp, source);

        Path part = target.resolveSibling(Names.part(
                Names.last(target.toString()),
                options.resume() ? pool.remote() : UUID.randomUUID(),
                source,
                version.getSize(),
                mtime(version),
                target));
        try (PartFile opened = openPart(part)) {
            FileChannel file = opened.channel();
            Runs runs = new Runs(version.getSize());
            long there = here(file::size);
            if (there > version.getSize() || (there > 0 && !compare(crew, source, file, there, runs))) {
                here(() -> file.truncate(0));
            }
            begun(part.toString(), true, runs, version.getSize());
            return filled(crew, sftp, source, handle, version, file, runs, roundTrip, part, target);
        }
    }

    private Copied filled(
            Crew crew,
            Sftp sftp,
            String source,
            byte[] handle,
            FileAttributes version,
            FileChannel file,
            Runs runs,
            long roundTrip,
            Path part,
            Path target)
            throws Exception {
        try {
            return fill(crew, sftp, source, handle, version, file, runs, roundTrip, part, target);
        } catch (Exception e) {
            // While it is locked: later it may be another copy's.
            dropUseless();
            throw e;
        }
    }

    private static byte[] openSource(Sftp sftp, String source) throws IOException {
        return sftp.open(source, EnumSet.of(OpenMode.READ), FileAttributes.EMPTY);
    }

    private Copied fill(
            Crew crew,
            Sftp sftp,
            String source,
            byte[] handle,
            FileAttributes version,
            FileChannel file,
            Runs runs,
            long roundTrip,
            Path part,
            Path target)
            throws Exception {
        long size = version.getSize();
        Asked far = askIfWanted(crew, sum -> sum.whole(source));
        Future<String> near = crew.threads().submit(() -> options.verify() ? LocalSum.following(file, size, runs) : "");
        Flow down = new Flow.Down(file);
        int channels = runs.haveAll()
                ? 0
                : crew.carry(runs, size, options.stripes(), new Lane(sftp, handle, down), roundTrip, channel -> {
                    channel.block(sftp.block());
                    return new Lane(channel, openSource(channel, source), down);
                });
        FileAttributes after = sftp.call(sftp.request(PacketType.FSTAT, handle))
                .ensurePacketTypeIs(PacketType.ATTRS)
                .readFileAttributes();
        yieldTo(far, crew, sftp);
        RemoteSum.Answer there = result(far.answer());
        String here = result(near);
        if (after.getSize() != size || mtime(after) != mtime(version)) {
            throw spoilt(far() + " changed while it was copied: copy it again");
        }
        if (there.isThere() && !there.sums().get(0).equals(here)) {
            throw spoilt("what arrived at " + near() + " is not what " + far() + " is: copy it again");
        }
        settle(part, target, version);
        return arrived(target.toString(), channels, there.isThere() ? here : null, there.why());
    }

    /** Where the file is to be in the end. */
    private Path target() throws Exception {
        Path name = Files.isDirectory(local) ? local.resolve(Names.last(remote)) : local.toAbsolutePath();
        if (!Files.exists(name)) {
            Path parent = Objects.requireNonNull(name.toAbsolutePath().getParent());
            return here(() -> parent.toRealPath().resolve(name.getFileName()));
        }
        if (!Files.isRegularFile(name)) {
            throw CopyException.refused("there is something else than a file at " + Names.printable(name.toString())
                    + ": it is not replaced");
        }
        return here(name::toRealPath);
    }

    private PartFile openPart(Path part) throws Exception {
        @Nullable PartFile opened = here(() -> PartFile.tryOpen(part));
        if (opened == null) {
            throw CopyException.refused("another copy to " + near() + " is under way");
        }
        return opened;
    }

    /**
     * The time comes behind the rename: Java sets it on a descriptor of its own, whose end would drop the part's lock, and
     * another process could take for an old part what becomes the target. It needs the right to read, so what is not for its
     * owner to read is that at the very end.
     */
    private void settle(Path part, Path target, FileAttributes version) throws Exception {
        Set<PosixFilePermission> wanted = Modes.permissions(version.getMode().getPermissionsMask());
        Set<PosixFilePermission> first = EnumSet.of(PosixFilePermission.OWNER_READ);
        first.addAll(wanted);
        @Nullable PosixFileAttributeView partView = Files.getFileAttributeView(part, PosixFileAttributeView.class);
        if (partView != null) {
            here(() -> {
                partView.setPermissions(first);
                return first;
            });
        }
        here(() -> Files.move(part, target, StandardCopyOption.ATOMIC_MOVE));
        gone();
        here(() -> Files.setLastModifiedTime(target, FileTime.from(mtime(version), TimeUnit.SECONDS)));
        if (partView != null && !first.equals(wanted)) {
            here(() -> Files.setPosixFilePermissions(target, wanted));
        }
    }

    @Override
    void removePart(String part) throws Exception {
        Files.deleteIfExists(Path.of(part));
    }
}
