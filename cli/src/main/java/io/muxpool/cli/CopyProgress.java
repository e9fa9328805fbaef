package io.muxpool.cli;

import io.muxpool.copy.ProgressListener;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A bar while a file is copied; on a terminal only. Used by one thread. */
final class CopyProgress implements ProgressListener, AutoCloseable {
    private static final long MEGABYTE = 1_000_000;
    private static final int UPDATE_MILLIS = 100;

    private final boolean wanted;
    private @Nullable ProgressBar bar;

    private CopyProgress(boolean wanted) {
        this.wanted = wanted;
    }

    static CopyProgress onTerminal(boolean json) {
        return new CopyProgress(!json && Terminal.isStderr());
    }

    @Override
    public void progress(long done, long total) {
        if (!wanted) {
            return;
        }
        ProgressBar shown = bar;
        if (shown == null) {
            shown = new ProgressBarBuilder()
                    .setTaskName("Copying")
                    .setInitialMax(total)
                    .setUnit(" MB", MEGABYTE)
                    .showSpeed()
                    .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BAR)
                    .setUpdateIntervalMillis(UPDATE_MILLIS)
                    .build();
            bar = shown;
        }
        shown.maxHint(total);
        shown.stepTo(done);
        if (done == total) {
            close();
        }
    }

    @Override
    public void close() {
        ProgressBar shown = bar;
        if (shown != null) {
            shown.close();
            bar = null;
        }
    }
}
