package io.muxpool.cli;

import io.muxpool.AttachPolicy;
import io.muxpool.LoginShell;
import io.muxpool.TransportKind;
import io.muxpool.cli.demo.DemoCommand;
import io.muxpool.fleet.NodeSetException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point. Exit codes of each command are in its help. */
@Command(
        name = "muxpool",
        description = "Runs commands over ssh connections that stay warm, also from one process to the next.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            RunCommand.class,
            FleetCommand.class,
            NodeCommand.class,
            PushCommand.class,
            PullCommand.class,
            LeasesCommand.class,
            DoctorCommand.class,
            DemoCommand.class,
            GenerateCompletion.class,
            CommandLine.HelpCommand.class
        },
        footer = {
            "",
            "Shell completion:  source <(muxpool generate-completion)",
            "Try it:            muxpool demo",
            "Beside its peers:  muxpool bench"
        })
public final class Main implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCodes.USAGE;
    }

    /** Runs a command line and gives back its exit code. */
    static int execute(String... args) {
        return commandLine(args).execute(args);
    }

    /** The parser, as it is for users. */
    static CommandLine commandLine(String... args) {
        CommandLine commandLine = new CommandLine(new Main())
                // A word of the user's command that starts with @ is a word, not a file of more words.
                .setExpandAtFiles(false)
                // The last one counts, so that an alias can have defaults.
                .setOverwrittenOptionsAllowed(true)
                .registerConverter(Duration.class, Durations::parse)
                .registerConverter(TransportKind.class, Choices::transport)
                .registerConverter(AttachPolicy.class, Choices::attach)
                .registerConverter(LoginShell.class, Choices::loginShell)
                .setParameterExceptionHandler((e, all) -> badWords(e, isJsonRun(args)))
                .setExecutionExceptionHandler((e, command, parsed) -> failed(e, command, isJsonRun(args)));
        // Behind the host every word is the command's, whatever it looks like.
        Objects.requireNonNull(commandLine.getSubcommands().get("run")).setStopAtPositional(true);
        return commandLine;
    }

    /** Whether a script waits for its one JSON object, whatever else is wrong with the words. */
    private static boolean isJsonRun(String[] args) {
        return args.length > 1 && args[0].equals("run") && List.of(args).contains("--json");
    }

    /** Two lines, not the whole help: the message is what matters. */
    private static int badWords(CommandLine.ParameterException e, boolean json) {
        CommandLine commandLine = e.getCommandLine();
        int code = commandLine.getCommandSpec().exitCodeOnInvalidInput();
        String message = Text.oneLine(String.valueOf(e.getMessage()));
        if (json) {
            JsonReport.run(OwnOutput.stdout(), List.of(), Outcome.failure("not_started", message), Duration.ZERO);
            return code;
        }
        String before = code == ExitCodes.SSH ? "not started: " : "";
        if (e.getCause() != null && e.getCause().getCause() instanceof NodeSetException) {
            // Its lines point at a character: they stay lines.
            message = String.valueOf(e.getMessage()).lines().map(Text::oneLine).collect(Collectors.joining("\n"));
        }
        commandLine.getErr().println("muxpool: " + before + message);
        commandLine.getErr().println("See: " + commandLine.getCommandSpec().qualifiedName() + " --help");
        return code;
    }

    /** What no command expected: said in one line, the whole story with MUXPOOL_DEBUG set. */
    private static int failed(Exception e, CommandLine commandLine, boolean json) {
        boolean run = commandLine.getCommandSpec().exitCodeOnInvalidInput() == ExitCodes.SSH;
        String message = Text.oneLine(String.valueOf(e.getMessage() == null ? e : e.getMessage()));
        // Not known to be unstarted is unknown.
        commandLine.getErr().println("muxpool: " + (run ? "outcome unknown: " : "") + message);
        if (System.getenv("MUXPOOL_DEBUG") != null) {
            e.printStackTrace(commandLine.getErr());
        }
        if (json && !(e instanceof UncheckedIOException)) {
            JsonReport.run(OwnOutput.stdout(), List.of(), Outcome.failure("unknown", message), Duration.ZERO);
        }
        return run ? ExitCodes.SSH : ExitCodes.FAILURE;
    }

    /** Runs and exits. */
    public static void main(String[] args) {
        System.setErr(new PrintStream(OwnOutput.stderr(), true));
        System.exit(code(args));
    }

    private static int code(String[] args) {
        try {
            return execute(args);
        } catch (Error e) {
            // Such as an OutOfMemoryError. Java would exit with 1, which could be the command's own status.
            return broken(e, args);
        }
    }

    private static int broken(Error e, String[] args) {
        boolean run = args.length > 0 && args[0].equals("run");
        System.err.println("muxpool: " + (run ? "outcome unknown: " : "") + Text.oneLine(e.toString()));
        if (System.getenv("MUXPOOL_DEBUG") != null) {
            e.printStackTrace();
        }
        return run ? ExitCodes.SSH : ExitCodes.FAILURE;
    }
}
