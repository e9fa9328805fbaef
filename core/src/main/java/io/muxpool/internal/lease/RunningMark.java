package io.muxpool.internal.lease;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A count of the commands that run over a master, in a file beside its socket, for the process that finds the lease after
 * this one was killed. The file is mapped into memory: to count costs no system call, and what was counted outlives a
 * SIGKILL. Thread-safe. Without a file (a full disk) nothing is counted.
 */
public final class RunningMark {
    private static final Logger LOG = System.getLogger("io.muxpool.lease");
    private static final String SUFFIX = ".running";
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final @Nullable ByteBuffer count;

    private RunningMark(@Nullable ByteBuffer count) {
        this.count = count;
    }

    /** A mark that nobody reads. */
    public static RunningMark none() {
        return new RunningMark(null);
    }

    /** Makes the file anew, with a count of zero. */
    static RunningMark create(Path socket) {
        Path file = path(socket);
        try {
            Files.deleteIfExists(file);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
                // Written, so that the disk has room for it: a mapped page without any would end the process.
                bytes.write(new byte[Integer.BYTES]);
                return new RunningMark(bytes.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, Integer.BYTES));
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "cannot mark what runs over " + socket, e);
            return none();
        }
    }

    /** Whether the last owner of the lease had commands running, or given up and not known to be dead, when it ended. */
    static boolean isSet(Path socket) {
        Path file = path(socket);
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
            return bytes.remaining() >= Integer.BYTES && bytes.getInt() != 0;
        } catch (IOException e) {
            // Then nobody knows; a handshake is cheaper than somebody's command.
            LOG.log(Level.DEBUG, "cannot read what ran over " + socket, e);
            return true;
        }
    }

    private static Path path(Path socket) {
        return socket.resolveSibling(socket.getFileName() + SUFFIX);
    }

    /** A command is about to be started. */
    public void begin() {
        add(1);
    }

    /** A command has ended over there, or was never started. */
    public void end() {
        add(-1);
    }

    private void add(int change) {
        if (count != null) {
            INT.getAndAdd(count, 0, change);
        }
    }

    /** Whether a command runs, or was given up and is not known to be dead. */
    public boolean isSet() {
        return count != null && (int) INT.getVolatile(count, 0) != 0;
    }
}
