package io.muxpool.cli.fleet;

import io.muxpool.cli.Text;
import io.muxpool.fleet.HostResult;
import java.util.List;

/** At the end, hosts that said the same under one head, those of the most hosts first. */
public final class GatheredView implements View {
    private static final String RULE = "-".repeat(15) + "\n";

    private final Sink out;

    /** Both outputs go there, standard output first. */
    public GatheredView(Sink out) {
        this.out = out;
    }

    @Override
    public void ended(HostResult result) {
        // Whether another says the same is not known yet.
    }

    @Override
    public void over(List<HostResult> results) {
        Group.of(results).forEach(group -> {
            head(out, group.title());
            group.write(out);
        });
        out.flush();
    }

    static void head(Sink out, String title) {
        out.write(RULE).write(Text.oneLine(title)).write("\n").write(RULE);
    }
}
