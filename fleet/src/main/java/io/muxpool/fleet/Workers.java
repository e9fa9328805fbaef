package io.muxpool.fleet;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads of a run: virtual ones where the JVM has them, from Java 21 on, else platform threads. */
final class Workers {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final ThreadFactory FACTORY = factory();

    private Workers() {}

    static void start(Runnable work) {
        FACTORY.newThread(work).start();
    }

    private static ThreadFactory factory() {
        try {
            // Thread.ofVirtual().factory(), which the release that this is compiled for does not know.
            Class<?> builder = Class.forName("java.lang.Thread$Builder");
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle ofVirtual = lookup.findStatic(
                    Thread.class,
                    "ofVirtual",
                    MethodType.methodType(Class.forName("java.lang.Thread$Builder$OfVirtual")));
            MethodHandle make = lookup.findVirtual(builder, "factory", MethodType.methodType(ThreadFactory.class));
            return (ThreadFactory) make.invoke(ofVirtual.invoke());
        } catch (ReflectiveOperationException e) {
            return Workers::platform;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static Thread platform(Runnable work) {
        Thread thread = new Thread(work, "muxpool-fleet-" + NUMBER.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
