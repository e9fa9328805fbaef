package io.muxpool.internal.process;

import io.muxpool.Command;
import io.muxpool.Ending;
import io.muxpool.Job;
import io.muxpool.Output;
import io.muxpool.internal.stream.StreamFailedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Starts a program that goes to the background in a container where this JVM is process 1. The kernel gives processes
 * without a parent to process 1, and the JVM waits for none but its own children: each such process would stay a zombie.
 *
 * <pre>
 *   JVM, process 1          waits for perl, as for each of its children
 *    '- perl                a child subreaper: gets what is left without a parent below it, and waits for it
 *        '- ssh             forks the master and ends; perl writes its exit status to a pipe, and stays
 *        '- ssh (master)    its parent has ended
 *            '- ssh -W      its jump; becomes perl's child when the master is killed
 * </pre>
 *
 * perl ends with the last process below it. It belongs to Debian's and Ubuntu's essential packages.
 */
public final class Subreaper {
    /** The number of prctl(2), by the name that Java has for the architecture, as the kernel's tables have it. */
    private static final Map<String, Integer> PRCTL = Map.of(
            "amd64", 157,
            "aarch64", 167,
            "riscv64", 167,
            "ppc64le", 171,
            "ppc64", 171,
            "s390x", 172,
            "arm", 172,
            "i386", 172,
            "x86", 172);

    /**
     * 36 is PR_SET_CHILD_SUBREAPER; where the kernel refuses it, zombies stay. The child opens its outputs itself, so that
     * neither what perl says of a locale nor the pipe gets there. An exit status is written as Java has it: 128 + n for
     * death by signal n.
     */
    private static final String SCRIPT = "my ($prctl, $log, @words) = @ARGV;"
            + " syscall($prctl + 0, 36, 1, 0, 0, 0);"
            + " defined(my $first = fork) or exit 255;"
            + " if (!$first) {"
            + " open STDERR, '>>', $log and open STDOUT, '>&', STDERR and exec {$words[0]} @words;"
            + " print STDERR \"cannot start $words[0]: $!\\n\";"
            + " exit 255; }"
            + " $SIG{PIPE} = 'IGNORE';"
            + " $0 = \"muxpool: parent of $words[0]\";"
            + " while ((my $ended = wait) > 0) {"
            + " next if $ended != $first;"
            + " syswrite STDOUT, ($? & 127 ? 128 + ($? & 127) : $? >> 8) . \"\\n\";"
            + " close STDOUT; }";

    /** As ssh says that it could not do its work. */
    private static final int FAILURE = 255;

    private Subreaper() {}

    /** Whether this process is process 1, and so gets all that loses its parent, and waits for none of it. */
    public static boolean isNeeded() {
        return ProcessHandle.current().pid() == 1;
    }

    /** What is missing here, as a clause; empty when programs can be started so. */
    public static Optional<String> missing() {
        if (!System.getProperty("os.name").equals("Linux") || prctl() == null) {
            return Optional.of("how to do it is not known for " + System.getProperty("os.name") + " on "
                    + System.getProperty("os.arch"));
        }
        return Programs.find("perl").isPresent() ? Optional.empty() : Optional.of("there is no perl");
    }

    private static @Nullable Integer prctl() {
        return PRCTL.get(System.getProperty("os.arch"));
    }

    /**
     * Runs the program until it has ended or gone to the background. What it leaves is waited for, by a perl that ends
     * after the last of it.
     *
     * @param log gets both its outputs
     * @return its exit status
     * @throws IOException when it could not be started
     * @throws io.muxpool.JobException when the job ended first; nothing that it started is left
     */
    public static int run(List<String> words, Path log, Job job, String doing) throws IOException {
        List<String> all =
                new ArrayList<>(List.of("perl", "-e", SCRIPT, "--", String.valueOf(prctl()), log.toString()));
        all.addAll(words);
        ProcessBuilder builder = UserEnvironment.builder(OwnSession.of(all));
        UserEnvironment.unmark(builder.environment());
        Command streams = Command.of("ssh").withStderr(Output.discard());
        try {
            byte[] said = Child.runUntilOutputEnds(builder, streams, job, doing, Subreaper::end)
                    .bytes();
            String status = new String(said, StandardCharsets.US_ASCII).strip();
            return status.matches("[0-9]{1,3}") ? Integer.parseInt(status) : FAILURE;
        } catch (StreamFailedException e) {
            throw new IOException(e);
        }
    }

    private static Ending end(Process perl) {
        KillTree.killBelow(perl);
        return Ending.notStarted();
    }
}
