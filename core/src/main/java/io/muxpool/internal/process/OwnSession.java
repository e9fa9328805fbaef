package io.muxpool.internal.process;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts a program in a session of its own, away from what a terminal or timeout(1) sends to all of a process group. A
 * master leaves its group by itself, but the ProxyCommand or jump that it started before stays in it, and takes the
 * connection along when it dies of a ^C.
 *
 * <p>It is a session rather than a group, since a process of another group is stopped when it reads from the terminal.
 * Without a terminal it fails, as it would under cron.
 */
public final class OwnSession {
    private static final Logger LOG = System.getLogger("io.muxpool.master");

    private OwnSession() {}

    /** The words that start it so; the process has the same id, and the same words when it runs. */
    public static List<String> of(List<String> words) {
        List<String> all = new ArrayList<>();
        if (Programs.find("setsid").isPresent()) {
            // From util-linux or busybox. A child of Java's leads no group, so that it need not fork.
            all.add("setsid");
        } else if (Programs.find("perl").isPresent()) {
            all.addAll(List.of("perl", "-e", "use POSIX; POSIX::setsid(); exec {$ARGV[0]} @ARGV or exit 255", "--"));
        } else {
            LOG.log(
                    Level.DEBUG,
                    "there is neither setsid nor perl: a signal to this process and all of its group reaches the proxy"
                            + " of a connection, too");
        }
        all.addAll(words);
        return all;
    }
}
