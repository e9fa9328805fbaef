package io.muxpool;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Blocking calls in threads of their own: virtual ones from Java 21 on, else platform threads kept for ten idle seconds. */
final class Async {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final Executor EXECUTOR = executor();

    private Async() {}

    /** Calls in another thread. Cancelling the future interrupts that thread. */
    static <T> CompletableFuture<T> call(Supplier<T> body) {
        CompletableFuture<T> result = new CompletableFuture<>();
        EXECUTOR.execute(() -> {
            Thread thread = Thread.currentThread();
            // The interrupt and the end of the call exclude each other: one that came late would hit
            // whatever this thread does next.
            boolean[] over = new boolean[1];
            result.whenComplete((value, failure) -> {
                synchronized (over) {
                    if (result.isCancelled() && !over[0]) {
                        thread.interrupt();
                    }
                }
            });
            try {
                T value = result.isDone() ? null : body.get();
                end(over);
                result.complete(value);
            } catch (RuntimeException | Error e) {
                end(over);
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private static void end(boolean[] over) {
        synchronized (over) {
            over[0] = true;
            Thread.interrupted();
        }
    }

    private static Executor executor() {
        try {
            // Executors.newVirtualThreadPerTaskExecutor(), which the release that this is compiled for does not know.
            MethodHandle start = MethodHandles.publicLookup()
                    .findStatic(
                            Thread.class, "startVirtualThread", MethodType.methodType(Thread.class, Runnable.class));
            return task -> start(start, task);
        } catch (ReflectiveOperationException e) {
            return new ThreadPoolExecutor(
                    0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), Async::thread);
        }
    }

    private static void start(MethodHandle start, Runnable task) {
        try {
            Thread started = (Thread) start.invokeExact(task);
            if (!started.isDaemon()) {
                throw new IllegalStateException("virtual threads are daemons");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "muxpool-async-" + NUMBER.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
