package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An account of this machine without rights or password, made and removed by root for servers whose users are not to be
 * root.
 *
 * <p>Its comment names the JVM that made it, so that the next one removes what a killed one left. Thread-safe.
 */
final class ThrowAwayAccount implements AutoCloseable {

    private static final String PREFIX = "mpk";
    private static final Duration HELPER_TIMEOUT = Duration.ofSeconds(60);
    private static final long BIRTH_TOLERANCE_MILLIS = 60_000;
    private static final Path PASSWD = Path.of("/etc/passwd");
    private static final Pattern OURS = Pattern.compile(
            "(" + PREFIX + "[a-z0-9]+):[^:]*:[^:]*:[^:]*:muxpool test of process (\\d+) born (\\d+):.*");
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The tools lock the files of accounts for others, but sleep whole seconds while they wait. */
    private static final ReentrantLock TOOLS = new ReentrantLock();

    private final String name;

    private ThrowAwayAccount(String name) {
        this.name = name;
    }

    /**
     * Makes an account, after removing those of dead JVMs.
     *
     * @param home its home directory, which is neither made nor changed
     * @param shell its login shell
     * @throws IllegalStateException if it cannot be made, such as when not called by root
     */
    static ThrowAwayAccount create(Path home, Path shell) {
        TOOLS.lock();
        try {
            removeStale();
            long pid = ProcessHandle.current().pid();
            String name = PREFIX + Long.toString(pid, 36) + "x" + Integer.toString(RANDOM.nextInt(1 << 20), 36);
            // A password of "*" fits nothing. The default, "!", would make sshd take the account for locked.
            run(
                    "useradd",
                    "--system",
                    "--no-user-group",
                    "--no-create-home",
                    "--no-log-init",
                    "--password",
                    "*",
                    "--shell",
                    shell.toString(),
                    "--home-dir",
                    home.toString(),
                    "--comment",
                    "muxpool test of process " + pid + " born " + birth(pid),
                    name);
            return new ThrowAwayAccount(name);
        } finally {
            TOOLS.unlock();
        }
    }

    String name() {
        return name;
    }

    /** Makes the account the owner of a file. */
    void own(Path file) {
        try {
            Files.setOwner(
                    file, file.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(name));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot give " + file + " to " + name, e);
        }
    }

    /** Kills what the account runs, and removes it. Harmless when repeated. */
    @Override
    public void close() {
        TOOLS.lock();
        try {
            remove(name);
        } finally {
            TOOLS.unlock();
        }
    }

    private static void removeStale() {
        for (String line : passwd()) {
            Matcher ours = OURS.matcher(line);
            if (ours.matches() && !lives(Long.parseLong(ours.group(2)), Long.parseLong(ours.group(3)))) {
                remove(ours.group(1));
            }
        }
    }

    private static void remove(String name) {
        if (!exists(name)) {
            return;
        }
        Processes.killTrees(ProcessHandle.allProcesses()
                .filter(process -> process.info().user().equals(Optional.of(name)))
                .map(ProcessHandle::pid)
                .filter(Processes::alive)
                .toList());
        try {
            run("userdel", name);
        } catch (IllegalStateException e) {
            // Another JVM may have removed the same stale one.
            if (exists(name)) {
                throw e;
            }
        }
    }

    private static boolean exists(String name) {
        return passwd().stream().anyMatch(line -> line.startsWith(name + ":"));
    }

    private static List<String> passwd() {
        try {
            // Other accounts' comments may be in any encoding; this one fits them all.
            return Files.readAllLines(PASSWD, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + PASSWD, e);
        }
    }

    /** Whether that process still is; two JVMs may see one birth some seconds apart when the clock was set. */
    private static boolean lives(long pid, long born) {
        return Math.abs(birth(pid) - born) < BIRTH_TOLERANCE_MILLIS;
    }

    /** When a process began, in milliseconds; 0 if it is gone. Together with its pid this is not used again. */
    private static long birth(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().startInstant())
                .map(Instant::toEpochMilli)
                .orElse(0L);
    }

    private static void run(String program, String... words) {
        Path found = Processes.findProgram(program, List.of("/usr/sbin", "/sbin"))
                .orElseThrow(() -> new IllegalStateException("No " + program + " to make an account for a test with"));
        List<String> argv = new ArrayList<>(List.of(found.toString()));
        argv.addAll(List.of(words));
        try (ShortTemp temp = ShortTemp.create()) {
            Path output = temp.resolve("out");
            Process process = new ProcessBuilder(argv)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.getOutputStream().close();
            int exit = Await.exitOf(process, HELPER_TIMEOUT);
            if (exit != 0) {
                throw new IllegalStateException(
                        String.join(" ", argv) + " failed with exit status " + exit + ": " + Files.readString(output));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot run " + found, e);
        }
    }
}
