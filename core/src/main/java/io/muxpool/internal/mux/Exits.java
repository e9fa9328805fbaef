package io.muxpool.internal.mux;

import io.muxpool.internal.mux.channel.Attachment;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The end of this JVM, when nobody has closed the pools. A socket that ends with an OPEN unanswered takes its master along,
 * which the next process would have liked to find warm. So the JVM waits for the answers, a round trip, and opens nothing
 * ahead meanwhile.
 */
final class Exits {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final Set<Attachment> ATTACHED = ConcurrentHashMap.newKeySet();
    private static volatile boolean exiting;

    static {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(Exits::awaitAnswers, "muxpool-exit"));
        } catch (IllegalStateException e) {
            // It has begun already.
            exiting = true;
        }
    }

    private Exits() {}

    static void watch(Attachment attachment) {
        ATTACHED.add(attachment);
    }

    static void forget(Attachment attachment) {
        ATTACHED.remove(attachment);
    }

    /** Whether channels may still be opened ahead. */
    static boolean mayOpen() {
        return !exiting;
    }

    private static void awaitAnswers() {
        exiting = true;
        long start = System.nanoTime();
        for (Attachment attachment : ATTACHED) {
            attachment.awaitAnswers(LIMIT_NANOS - (System.nanoTime() - start));
        }
    }
}
