package io.muxpool.cli;

import io.muxpool.fleet.FleetRun;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * ^C while a run goes on: the first one stops it and kills what runs, so that what became of each host can still be said;
 * the second leaves at once. Another end of this process cancels the run too.
 */
final class Interrupts implements AutoCloseable {
    /** The grace of a kill, and then what became of each host is to be said. */
    private static final long PATIENCE_MILLIS = 10_000;

    private final Runnable cancel;
    private final Runnable last;
    private final Shutdown shutdown;
    private final @Nullable Object before;
    private volatile boolean came;

    private Interrupts(Runnable cancel, Runnable last) {
        this.cancel = cancel;
        this.last = last;
        this.shutdown = Shutdown.does(cancel, PATIENCE_MILLIS);
        this.before = Signals.register("INT", this::come);
    }

    /** @param last done before leaving at once */
    static Interrupts of(FleetRun run, Runnable last) {
        return new Interrupts(run::cancel, last);
    }

    /** @param cancel stops what goes on; must not block */
    static Interrupts of(Runnable cancel) {
        return new Interrupts(cancel, () -> {});
    }

    private void come() {
        if (came) {
            last.run();
            Runtime.getRuntime().halt(ExitCodes.INTERRUPTED);
        }
        came = true;
        System.err.println("muxpool: starting no more, killing what runs; ^C again leaves at once");
        cancel.run();
    }

    /** Whether it was pressed. */
    boolean came() {
        return came;
    }

    @Override
    public void close() {
        Signals.unregister("INT", before);
        shutdown.close();
    }
}
