package io.muxpool.cli.fleet;

import io.muxpool.fleet.HostResult;
import java.util.List;

/** One way to show what hosts say. Used by one thread. */
public interface View {
    /** One host has ended. */
    void ended(HostResult result);

    /** All have: every result, in the order of the run's hosts. */
    void over(List<HostResult> results);
}
