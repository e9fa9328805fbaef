package io.muxpool.internal.stream;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * This process's own standard input, for one command after another. A read of it cannot be taken back: one that was
 * waiting when its command ended brings its bytes to the next command, rather than to nobody.
 */
public final class InheritedInput {
    private static final ReentrantLock LOCK = new ReentrantLock();
    private static final Condition NEWS = LOCK.newCondition();

    @SuppressWarnings("StreamResourceLeak") // the process's own, which is not ours to close
    private static final InputStream STDIN = new FileInputStream(FileDescriptor.in);

    // All guarded by LOCK.
    private static boolean reading;
    private static byte @Nullable [] chunk;
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
        byte[] buffer = new byte[Pumps.BUFFER];
        int n = -1;
        IOException failed = null;
        try {
            n = STDIN.read(buffer);
        } catch (IOException e) {
            failed = e;
        }
        LOCK.lock();
        try {
            reading = false;
            failure = failed == null ? null : String.valueOf(failed.getMessage());
            ended = n < 0;
            chunk = n < 0 ? null : Arrays.copyOf(buffer, n);
            NEWS.signalAll();
        } finally {
            LOCK.unlock();
        }
    }
}
