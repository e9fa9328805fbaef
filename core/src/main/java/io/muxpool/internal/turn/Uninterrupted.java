package io.muxpool.internal.turn;

import java.util.function.Supplier;

/**
 * A bounded piece of work that must be done although the thread is interrupted, such as giving things back. NIO channels
 * close under an interrupted thread, and parking returns at once; so the flag is down meanwhile, and up again after.
 */
public final class Uninterrupted {
    private Uninterrupted() {}

    /** Does the work; an interrupt before or during it is kept for whoever looks next. */
    public static <T> T call(Supplier<T> work) {
        boolean interrupted = Thread.interrupted();
        try {
            return work.get();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
