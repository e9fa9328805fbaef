package io.muxpool.internal.event;

import io.muxpool.PoolEvent;
import io.muxpool.PoolListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tells a pool's listener, and Flight Recorder where the JVM has it. Thread-safe; what a listener throws stays here. */
public final class Events {
    private static final Logger LOG = System.getLogger("io.muxpool.pool");

    // The module is optional: a runtime image may have been made without it.
    private static final boolean RECORDER =
            ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private final String remote;
    private final @Nullable PoolListener listener;

    /**
     * @param remote where the pool's commands go, for the recordings
     * @param listener null for none
     */
    public Events(String remote, @Nullable PoolListener listener) {
        this.remote = remote;
        this.listener = listener;
    }

    /** Tells, if anybody listens. Never under a lock. */
    public void happened(Supplier<PoolEvent> event) {
        boolean recorded = RECORDER && Recordings.mayBeOn();
        if (recorded || listener != null) {
            tell(event.get(), recorded);
        }
    }

    private void tell(PoolEvent event, boolean recorded) {
        if (recorded) {
            Recordings.commit(remote, event);
        }
        if (listener != null) {
            try {
                listener.on(event);
            } catch (RuntimeException | Error e) {
                LOG.log(Level.WARNING, "a pool listener failed on " + event, e);
            }
        }
    }
}
