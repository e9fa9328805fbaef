package io.muxpool.bench;

import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Help.Ansi;

/** A bar of the scenes played so far, with what is being measured; on a terminal only. */
final class Progress implements AutoCloseable {
    private final boolean terminal = Ansi.AUTO.enabled();
    private final int scenes;
    private ProgressBar bar;

    private Progress(int scenes) {
        this.scenes = scenes;
        this.bar = show(0);
    }

    static Progress of(int scenes) {
        return new Progress(scenes);
    }

    private ProgressBar show(int done) {
        return new ProgressBarBuilder()
                .setTaskName("Scene")
                .startsFrom(done, Duration.ZERO)
                .setInitialMax(scenes)
                .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BAR)
                .clearDisplayOnFinish()
                .hideEta()
                .setUpdateIntervalMillis(terminal ? 200 : Integer.MAX_VALUE)
                .setConsumer(terminal ? null : new Silent())
                .build();
    }

    void step(String what) {
        bar.setExtraMessage(what);
    }

    /** Makes way for something to be printed. */
    void pause() {
        bar.close();
    }

    void resume(int done) {
        bar = show(done);
    }

    @Override
    public void close() {
        bar.close();
    }

    private static final class Silent implements ProgressBarConsumer {
        @Override
        public int getMaxRenderedLength() {
            return 80;
        }

        @Override
        public void accept(String rendered) {}

        @Override
        public void close() {}
    }
}
