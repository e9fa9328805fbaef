package io.muxpool.cli;

import io.muxpool.cli.demo.DemoCommand;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The entry point. Exit codes of each command are in its help. */
@Command(
        name = "muxpool",
        description = "Runs commands over ssh connections that stay warm, also from one process to the next.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            RunCommand.class,
            LeasesCommand.class,
            DoctorCommand.class,
            DemoCommand.class,
            GenerateCompletion.class
        },
        footer = {"", "Shell completion:  source <(muxpool generate-completion)", "Try it:            muxpool demo"})
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
        CommandLine commandLine = new CommandLine(new Main())
                // A word of the user's command that starts with @ is a word, not a file of more words.
                .setExpandAtFiles(false)
                .registerConverter(Duration.class, Durations::parse)
                .setParameterExceptionHandler(Main::badWords)
                .setExecutionExceptionHandler(Main::failed);
        // Behind the host every word is the command's, whatever it looks like.
        Objects.requireNonNull(commandLine.getSubcommands().get("run")).setStopAtPositional(true);
        return commandLine.execute(args);
    }

    /** Two lines, not the whole help: the message is what matters. */
    private static int badWords(CommandLine.ParameterException e, String[] args) {
        CommandLine commandLine = e.getCommandLine();
        String name = commandLine.getCommandSpec().qualifiedName();
        int code = commandLine.getCommandSpec().exitCodeOnInvalidInput();
        String before = code == ExitCodes.SSH ? "not started: " : "";
        commandLine.getErr().println("muxpool: " + before + Text.oneLine(String.valueOf(e.getMessage())));
        commandLine.getErr().println("See: " + name + " --help");
        return code;
    }

    /** What no command expected: said in one line, the whole story with MUXPOOL_DEBUG set. */
    private static int failed(Exception e, CommandLine commandLine, CommandLine.ParseResult parsed) {
        commandLine
                .getErr()
                .println("muxpool: " + Text.oneLine(String.valueOf(e.getMessage() == null ? e : e.getMessage())));
        if (System.getenv("MUXPOOL_DEBUG") != null) {
            e.printStackTrace(commandLine.getErr());
        }
        return ExitCodes.FAILURE;
    }

    /** Runs and exits. */
    public static void main(String[] args) {
        System.exit(execute(args));
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"muxpool " + (version == null ? "(not packaged)" : version)};
        }
    }
}
