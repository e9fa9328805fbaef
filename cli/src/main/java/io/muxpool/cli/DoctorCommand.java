package io.muxpool.cli;

import io.muxpool.Doctor;
import io.muxpool.Finding;
import io.muxpool.Finding.Verdict;
import io.muxpool.Job;
import io.muxpool.Remote;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muxpool doctor}: what is in the way of running commands on a remote, and what to do about it. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Checks step by step whether commands can run on a remote, and says how to mend what is wrong.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:no problem", "1:a problem was found", "2:bad usage"})
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RemoteOptions remoteOptions = new RemoteOptions();

    @Option(names = "--timeout", paramLabel = "TIME", description = "give up after that time (default: 1m)")
    private Duration timeout = Duration.ofMinutes(1);

    @Parameters(paramLabel = "user@host", description = "the remote to examine")
    private String host = "";

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<Finding> findings;
        try {
            Remote remote = remoteOptions.remote(host);
            findings = Doctor.examine(remote, Job.withTimeout(timeout), finding -> show(out, finding));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), Text.oneLine(String.valueOf(e.getMessage())));
        }
        boolean problem = findings.stream().anyMatch(finding -> finding.verdict() == Verdict.PROBLEM);
        return problem ? ExitCodes.FAILURE : ExitCodes.OK;
    }

    private static void show(PrintWriter out, Finding finding) {
        String mark = switch (finding.verdict()) {
            case OK -> "@|green ok     |@";
            case NOTE -> "@|yellow note   |@";
            case PROBLEM -> "@|red,bold PROBLEM|@";
            case SKIPPED -> "@|faint skipped|@";
        };
        // Only our own mark is markup: what was found may hold anything.
        out.println(Ansi.AUTO.string(mark) + "  " + String.format("%-17s", finding.check())
                + Text.oneLine(finding.found()));
        if (!finding.remedy().isEmpty()) {
            out.println(" ".repeat(26) + "-> " + Text.oneLine(finding.remedy()));
        }
        out.flush();
    }
}
