package io.muxpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Looking at, signalling and awaiting processes, ours or not.
 *
 * <p>Reads {@code /proc} where there is one and asks {@code ps} elsewhere. {@link ProcessHandle} alone would not do: it
 * takes zombies for living, and does not see the title that an ssh master gives itself.
 */
public final class Processes {

    private static final Path PROC = Path.of("/proc");
    private static final boolean HAS_PROC = Files.isReadable(PROC.resolve("self/stat"));
    private static final Duration WHOLE_TABLE_POLL = Duration.ofMillis(10);
    private static final Duration HELPER_TIMEOUT = Duration.ofSeconds(10);

    private Processes() {}

    /**
     * The processes whose command line contains the text, without this JVM. Zombies have no command line.
     *
     * @param text what to look for; the words of a command line are joined by single spaces
     */
    public static List<Long> withArgument(String text) {
        List<Long> pids = new ArrayList<>();
        commandLines().forEach((pid, line) -> {
            if (line.contains(text)) {
                pids.add(pid);
            }
        });
        return pids;
    }

    /** Whether the process runs. A zombie, ended but not yet reaped by its parent, counts as dead. */
    public static boolean alive(long pid) {
        String state = state(pid);
        return !state.isEmpty() && state.charAt(0) != 'Z' && state.charAt(0) != 'X';
    }

    /**
     * Sends a signal. A process that is gone already is no error.
     *
     * @param name the signal's name without {@code SIG}, such as {@code STOP}
     * @throws IllegalStateException if the process lives and the signal was refused
     */
    public static void signal(long pid, String name) {
        signal(List.of(pid), name);
    }

    /**
     * Waits for a process to be gone.
     *
     * @return whether it is; false when the time is up or the calling thread was interrupted
     */
    public static boolean awaitGone(long pid, Duration atMost) {
        return Await.until(atMost, () -> !alive(pid));
    }

    /**
     * Waits for a process whose command line contains the text; see {@link #withArgument}.
     *
     * @return whether there is one; false when the time is up or the calling thread was interrupted
     */
    public static boolean awaitWithArgument(String text, Duration atMost) {
        return Await.until(atMost, WHOLE_TABLE_POLL, () -> !withArgument(text).isEmpty());
    }

    /**
     * Waits for a process with just this command line, its words joined by single spaces: not for a shell that is yet to
     * start it.
     *
     * @return whether there is one; false when the time is up or the calling thread was interrupted
     */
    public static boolean awaitCommandLine(String line, Duration atMost) {
        return Await.until(
                atMost, WHOLE_TABLE_POLL, () -> commandLines().values().contains(line));
    }

    /**
     * Waits until no process of this machine has a command line that contains the text; see {@link #withArgument}.
     *
     * @return whether there is none; false when the time is up or the calling thread was interrupted
     */
    public static boolean awaitNoneWithArgument(String text, Duration atMost) {
        return Await.until(atMost, WHOLE_TABLE_POLL, () -> withArgument(text).isEmpty());
    }

    /** The words of the command line joined by spaces; empty for a zombie or when the process is gone. */
    public static String commandLine(long pid) {
        if (HAS_PROC) {
            return read(PROC.resolve(pid + "/cmdline")).replace('\0', ' ').strip();
        }
        return alive(pid) ? run("ps", "-o", "args=", "-p", Long.toString(pid)).strip() : "";
    }

    /** Every process with a command line except this JVM. */
    static Map<Long, String> commandLines() {
        Map<Long, String> lines = HAS_PROC ? commandLinesFromProc() : commandLinesFromPs();
        lines.remove(ProcessHandle.current().pid());
        return lines;
    }

    /** The live descendants of a process. */
    static List<Long> descendants(long pid) {
        return ProcessHandle.of(pid).stream()
                .flatMap(ProcessHandle::descendants)
                .map(ProcessHandle::pid)
                .filter(Processes::alive)
                .toList();
    }

    /** The shell's builtin rather than a {@code kill} program, which small images lack. */
    static void signal(Collection<Long> pids, String name) {
        if (pids.isEmpty()) {
            return;
        }
        List<String> argv = new ArrayList<>(List.of("/bin/sh", "-c", "kill -s \"$0\" \"$@\"", name));
        pids.forEach(pid -> argv.add(pid.toString()));
        int exit = exitOf(argv);
        if (exit != 0) {
            List<Long> refused = pids.stream().filter(Processes::alive).toList();
            // With one pid the exit status is its own; with several it may speak of one that was gone already.
            if (pids.size() == 1 && !refused.isEmpty()) {
                throw new IllegalStateException("Cannot send " + name + " to " + refused);
            }
        }
    }

    /**
     * Kills processes and all their descendants. Stopped first, they cannot fork while the list of them is made; a child
     * that is missed would be adopted by process 1 and never be found again.
     */
    static void killTrees(Collection<Long> roots) {
        List<Long> all = new ArrayList<>(roots);
        for (int pass = 0; pass < 2; pass++) {
            roots.forEach(root ->
                    descendants(root).stream().filter(pid -> !all.contains(pid)).forEach(all::add));
            signal(all, "STOP");
        }
        signal(all, "KILL");
        all.forEach(pid -> awaitGone(pid, Duration.ofSeconds(2)));
    }

    /**
     * Kills the processes, except this JVM, that were started with a variable of this value, as far as the system lets us
     * look: only on Linux, and there at our own processes, or at all as root.
     *
     * @param variable name and value, such as {@code HOME=/nonexistent}
     */
    static void killWithVariable(String variable) {
        List<Long> left = withVariable(variable);
        // What is being started while we look is found the next time.
        for (int pass = 0; pass < 5 && !left.isEmpty(); pass++) {
            killTrees(left);
            left = withVariable(variable);
        }
    }

    private static List<Long> withVariable(String variable) {
        return HAS_PROC
                ? commandLines().keySet().stream()
                        .filter(pid -> List.of(
                                        read(PROC.resolve(pid + "/environ")).split("\0", -1))
                                .contains(variable))
                        .toList()
                : List.of();
    }

    private static String state(long pid) {
        if (!HAS_PROC) {
            return ProcessHandle.of(pid).isPresent()
                    ? run("ps", "-o", "stat=", "-p", Long.toString(pid)).strip()
                    : "";
        }
        String stat = read(PROC.resolve(pid + "/stat"));
        // "pid (name) state ...", where the name may hold anything, also parentheses.
        int afterName = stat.lastIndexOf(") ");
        return afterName < 0 ? "" : stat.substring(afterName + 2);
    }

    private static Map<Long, String> commandLinesFromProc() {
        Map<Long, String> lines = new LinkedHashMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                String line = read(entry.resolve("cmdline")).replace('\0', ' ').strip();
                if (!line.isEmpty()) {
                    lines.put(Long.parseLong(entry.getFileName().toString()), line);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new IllegalStateException("Cannot list " + PROC, e);
        }
        return lines;
    }

    private static Map<Long, String> commandLinesFromPs() {
        Map<Long, String> lines = new LinkedHashMap<>();
        run("ps", "-axo", "pid=,args=")
                .lines()
                .map(String::strip)
                .filter(line -> line.indexOf(' ') > 0 && !line.contains("<defunct>"))
                .forEach(line -> {
                    int space = line.indexOf(' ');
                    lines.put(
                            Long.parseLong(line.substring(0, space)),
                            line.substring(space).strip());
                });
        return lines;
    }

    /** The text of a file in /proc; empty when the process went away meanwhile. */
    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private static String run(String... argv) {
        try {
            Process process = new ProcessBuilder(argv)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            String out = new String(process.getInputStream().readAllBytes(), UTF_8);
            Await.exitOf(process, HELPER_TIMEOUT);
            return out;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot run " + argv[0], e);
        }
    }

    private static int exitOf(List<String> argv) {
        try {
            Process process = new ProcessBuilder(argv)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return Await.exitOf(process, HELPER_TIMEOUT);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot run " + argv.get(0), e);
        }
    }

    /** A program by its name in a few likely directories, then on the PATH. */
    static Optional<Path> findProgram(String name, List<String> likely) {
        List<String> directories = new ArrayList<>(likely);
        String path = System.getenv("PATH");
        if (path != null) {
            directories.addAll(List.of(path.split(":", -1)));
        }
        return directories.stream()
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
