package io.muxpool.bench;

import picocli.CommandLine;

/** The entry point of {@code muxpool bench}, apart from that of all other commands: nothing of it is loaded for those. */
public final class Main {
    private Main() {}

    static int execute(String... args) {
        return new CommandLine(new BenchCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, words) -> {
                    e.getCommandLine().getErr().println("muxpool bench: " + e.getMessage());
                    e.getCommandLine().getErr().println("See: muxpool bench --help");
                    return CommandLine.ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    command.getErr().println("muxpool bench: " + (e.getMessage() == null ? e : e.getMessage()));
                    if (System.getenv("MUXPOOL_DEBUG") != null) {
                        e.printStackTrace(command.getErr());
                    }
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(args);
    }

    /** Runs and exits. */
    public static void main(String[] args) {
        System.exit(execute(args));
    }
}
