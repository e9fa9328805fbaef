package io.muxpool.cli.fleet;

import io.muxpool.fleet.FleetRun.Progress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * A bar at the bottom of a terminal: how many hosts are done, running and failed, how many a second, and how long it will
 * take. Elsewhere nothing.
 */
public final class Bar implements AutoCloseable {
    private static final int EVERY_MILLIS = 150;

    /** Carriage return, and erase to the end of the line. */
    private static final String ERASE = "\r\u001b[K";

    private final @Nullable ProgressBar bar;
    // Fair, so that a host that writes without end leaves the others their turns.
    private final ReentrantLock terminal = new ReentrantLock(true);
    private final CountDownLatch over = new CountDownLatch(1);

    /**
     * Shows it.
     *
     * @param shown whether there is a terminal to show it on
     * @param progress how far it has come; asked for all the time
     */
    public Bar(int hosts, boolean shown, Supplier<Progress> progress) {
        bar = shown
                ? new ProgressBarBuilder()
                        .setTaskName("Hosts")
                        .setInitialMax(hosts)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(EVERY_MILLIS)
                        .showSpeed()
                        // Else it came back below a printed line only with the next change.
                        .continuousUpdate()
                        .clearDisplayOnFinish()
                        .setConsumer(new Shared())
                        .build()
                : null;
        if (bar != null) {
            Thread clock = new Thread(() -> follow(bar, progress), "muxpool-bar");
            clock.setDaemon(true);
            clock.start();
        }
    }

    /** Hosts that run for long are seen to run. */
    private void follow(ProgressBar shown, Supplier<Progress> progress) {
        try {
            do {
                show(shown, progress.get());
            } while (!over.await(EVERY_MILLIS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Draws only while nobody prints. */
    private final class Shared extends ConsoleProgressBarConsumer {
        Shared() {
            super(System.err);
        }

        @Override
        public void accept(String rendered) {
            terminal.lock();
            try {
                super.accept(rendered);
            } finally {
                terminal.unlock();
            }
        }
    }

    private static void show(ProgressBar bar, Progress progress) {
        bar.stepTo(progress.ended() + progress.skipped());
        bar.setExtraMessage(" " + progress.running() + " running, " + progress.failed() + " failed");
    }

    /** Prints where the bar is; it comes back below. One at a time, in the order in which threads ask. */
    public void print(Runnable printing) {
        terminal.lock();
        try {
            if (bar != null) {
                System.err.print(ERASE);
                System.err.flush();
            }
            printing.run();
        } finally {
            terminal.unlock();
        }
    }

    /** Takes it away. Does nothing the second time. */
    @Override
    public void close() {
        if (over.getCount() > 0) {
            over.countDown();
            if (bar != null) {
                bar.close();
            }
        }
    }
}
