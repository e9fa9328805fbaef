package io.muxpool.cli.fleet;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import io.muxpool.cli.Text;
import io.muxpool.fleet.HostResult;
import java.util.List;

/** At the end, what most hosts said, and how the others differ from it. */
public final class DiffView implements View {
    private static final int CONTEXT = 3;

    private final Sink out;

    /** All of it goes there. */
    public DiffView(Sink out) {
        this.out = out;
    }

    @Override
    public void ended(HostResult result) {
        // What most say is not known yet.
    }

    @Override
    public void over(List<HostResult> results) {
        List<Group> groups = Group.of(results);
        if (groups.isEmpty()) {
            return;
        }
        Group most = groups.get(0);
        GatheredView.head(out, most.title());
        most.write(out);
        List<String> usual = lines(most);
        for (Group group : groups.subList(1, groups.size())) {
            GatheredView.head(out, group.title());
            List<String> lines = lines(group);
            UnifiedDiffUtils.generateUnifiedDiff(
                            Text.oneLine(most.nodes()),
                            Text.oneLine(group.nodes()),
                            usual,
                            DiffUtils.diff(usual, lines),
                            CONTEXT)
                    .forEach(out::writeLine);
        }
        out.flush();
    }

    private static List<String> lines(Group group) {
        return (group.first().stdoutText() + group.first().stderrText()).lines().toList();
    }
}
