package io.muxpool.cli.fleet;

import io.muxpool.fleet.HostResult;
import java.util.List;

/** Each host's lines with its name in front, all of a host together, as it ends. */
public final class PrefixView implements View {
    private final Sink out;
    private final Sink err;

    /** Standard output there, standard error here. */
    public PrefixView(Sink out, Sink err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public void ended(HostResult result) {
        String prefix = result.host() + ": ";
        out.writeLines(prefix, result.stdout());
        out.flush();
        err.writeLines(prefix, result.stderr());
        err.flush();
    }

    @Override
    public void over(List<HostResult> results) {
        // All has been said.
    }
}
