package io.muxpool.internal.stream;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * This process's own standard input, for one command after another. A read of it cannot be taken back: one that was
 * waiting when its command ended brings its bytes to the next command, rather than to nobody.
 *
 * <p>An input that cannot be read at all ends at once, as it does for ssh: nohup(1) gives a write-only one, and a shell may
 * give a directory. One that is non-blocking and empty is waited for.
 */
public final class InheritedInput {
    private static final ReentrantLock LOCK = new ReentrantLock();
    private static final Condition NEWS = LOCK.newCondition();

    private static final Logger LOG = System.getLogger("io.muxpool.command");

    /** How long a job in the background waits before it looks again whether it is in the foreground. */
    private static final long BACKGROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    @SuppressWarnings("StreamResourceLeak") // the process's own, which is not ours to close
    private static final FileChannel STDIN = new FileInputStream(FileDescriptor.in).getChannel();

    // All guarded by LOCK.
    private static boolean reading;
    private static byte @Nullable [] chunk;
    private static boolean hasRead;
    private static boolean ended;
    private static @Nullable String failure;

    private InheritedInput() {}

    /**
     * The next bytes; null at the end. Blocks until there are some, or until {@code wanted} is no longer true and {@link
     * #wake} was called: then what comes is left for the next caller, and this returns null.
     */
    public static byte @Nullable [] next(BooleanSupplier wanted) throws IOException {
        LOCK.lock();
        try {
            while (wanted.getAsBoolean()) {
                if (chunk != null) {
                    byte[] mine = chunk;
                    chunk = null;
                    return mine;
                }
                if (failure != null) {
                    throw new IOException(failure);
                }
                if (ended) {
                    return null;
                }
                if (!reading) {
                    startReading();
                }
                NEWS.awaitUninterruptibly();
            }
            return null;
        } finally {
            LOCK.unlock();
        }
    }

    /** Under the lock, which the reader needs to say what came. */
    private static void startReading() throws IOException {
        try {
            Pumps.start(InheritedInput::read);
        } catch (OutOfMemoryError e) {
            throw new IOException("no thread can be started to read with: " + e.getMessage(), e);
        }
        reading = true;
    }

    /** Lets whoever waits look whether it is still wanted. */
    public static void wake() {
        LOCK.lock();
        try {
            NEWS.signalAll();
        } finally {
            LOCK.unlock();
        }
    }

    private static void read() {
        ByteBuffer buffer = ByteBuffer.allocate(Pumps.BUFFER);
        int n = -1;
        IOException failed = null;
        try {
            n = readSome(buffer);
        } catch (IOException e) {
            failed = e;
        }
        LOCK.lock();
        try {
            reading = false;
            if (failed != null && hasRead) {
                // Half of an input must not pass for the whole.
                failure = String.valueOf(failed.getMessage());
            } else if (failed != null) {
                LOG.log(Level.DEBUG, "standard input cannot be read, so it is empty: {0}", failed.getMessage());
            }
            hasRead |= n > 0;
            ended = n < 0;
            chunk = n < 0 ? null : Arrays.copyOf(buffer.array(), n);
            NEWS.signalAll();
        } finally {
            LOCK.unlock();
        }
    }

    /** Reads at least one byte, or returns -1 at the end. */
    private static int readSome(ByteBuffer buffer) throws IOException {
        NonBlocking unready = new NonBlocking();
        while (true) {
            try {
                int n = STDIN.read(buffer);
                if (n != 0) {
                    return n;
                }
                unready.await();
            } catch (IOException e) {
                // A terminal's answer to a job in the background that ignores SIGTTIN; others are stopped by it.
                if (!JobControl.isInBackground()) {
                    throw e;
                }
                LockSupport.parkNanos(BACKGROUND_NANOS);
            }
        }
    }
}
