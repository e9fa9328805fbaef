package io.muxpool.cli.demo;

import io.muxpool.CommandResult;
import io.muxpool.ConnectionPool;
import io.muxpool.Remote;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code muxpool run --json} in a process of its own, the way a user's next command line would be. */
final class SecondProcess {
    private static final Pattern MASTER = Pattern.compile("\"master_pid\":([0-9]+)");

    private SecondProcess() {}

    /**
     * What it said.
     *
     * @param masterPid the master that it used; -1 when it used none
     */
    record Report(CommandResult result, long masterPid, boolean reused) {}

    /** Runs {@code echo hello} with the socket directory, port and configuration of {@code remote}. */
    static CommandResult echo(ConnectionPool local, Remote remote, String pool) {
        List<String> words = new ArrayList<>(launcher());
        words.addAll(List.of("run", "--json", "--pool", pool));
        words.addAll(List.of("--socket-dir", remote.socketDir().toString()));
        words.addAll(List.of("-F", remote.configFile().orElseThrow().toString()));
        words.addAll(List.of("-p", String.valueOf(remote.port().orElseThrow())));
        words.addAll(List.of(remote.userHost().orElseThrow(), "--", "echo", "hello"));
        return local.run(words.toArray(String[]::new));
    }

    /** Reads what it said. */
    static Report report(CommandResult result) {
        Matcher master = MASTER.matcher(result.stdoutText());
        return new Report(
                result,
                master.find() ? Long.parseLong(master.group(1)) : -1,
                result.stdoutText().contains("\"reused\":true"));
    }

    /** The launcher that started us, so that the second process starts as fast as a user's; else plain java. */
    private static List<String> launcher() {
        String launcher = System.getenv("MUXPOOL_LAUNCHER");
        if (launcher != null) {
            return List.of(launcher);
        }
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "io.muxpool.cli.Main");
    }
}
