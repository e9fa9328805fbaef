package io.muxpool;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Another Java process over this module's classes and test classes, for what only a second process can show. Its main
 * class must do without any other library. Closing kills it. Its standard error is ours.
 */
public final class OtherJvm implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;

    private OtherJvm(Process process) {
        this.process = process;
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Starts {@code main}; it should end when its standard input does, so that it cannot outlive a dead test. */
    public static OtherJvm start(Class<?> main, List<String> jvmOptions, String... args) {
        return start(List.of(), builder -> {}, main, jvmOptions, args);
    }

    /** As the other; {@code change} sees to its environment, directory or words. */
    public static OtherJvm start(
            Consumer<ProcessBuilder> change, Class<?> main, List<String> jvmOptions, String... args) {
        return start(List.of(), change, main, jvmOptions, args);
    }

    /** As {@link #start}, by a program that executes the words behind its own, such as one that sets a limit first. */
    public static OtherJvm startBy(List<String> program, Class<?> main, List<String> jvmOptions, String... args) {
        return start(program, builder -> {}, main, jvmOptions, args);
    }

    private static OtherJvm start(
            List<String> program,
            Consumer<ProcessBuilder> change,
            Class<?> main,
            List<String> jvmOptions,
            String... args) {
        List<String> words = new ArrayList<>(program);
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // Short-lived: what the better compiler costs is never earned back.
        words.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        words.addAll(jvmOptions);
        words.addAll(List.of("-cp", location(Remote.class) + ":" + location(main), main.getName()));
        words.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT);
        change.accept(builder);
        try {
            return new OtherJvm(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where a class was loaded from. */
    public static Path location(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** The next line that it writes; null at the end. */
    public @Nullable String line() {
        try {
            return out.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next so many lines. */
    public List<String> lines(int count) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String line = line();
            if (line == null) {
                throw new IllegalStateException("the other JVM ended after these lines: " + lines);
            }
            lines.add(line);
        }
        return lines;
    }

    /** Ends its standard input and waits for its end. */
    public int finish() {
        try {
            process.getOutputStream().close();
            return process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** KILL, at once, and reaped. */
    public void kill() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        kill();
        try (out) {
            process.getOutputStream().close();
        } catch (IOException e) {
            // Its standard input was not wanted any more.
            return;
        }
    }
}
