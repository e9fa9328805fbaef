package io.muxpool.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.ShellQuote;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code muxpool} as a process of its own. */
final class Muxpool {
    private Muxpool() {}

    /** What a process left. */
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    record Ended(int code, byte[] stdout, String stderr) {
        String text() {
            return new String(stdout, UTF_8);
        }
    }

    /** @param scratch where its streams are kept */
    static Ended run(Path scratch, String... words) throws IOException, InterruptedException {
        return run(scratch, new byte[0], words);
    }

    static Ended run(Path scratch, byte[] stdin, String... words) throws IOException, InterruptedException {
        Path in = Files.write(scratch.resolve("stdin"), stdin);
        Path out = scratch.resolve("stdout");
        Path err = scratch.resolve("stderr");
        Process process = builder(words)
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), Files.readAllBytes(out), Files.readString(err));
    }

    /** As the launcher has it: Hazelcast is for the commands of a cluster alone. */
    private static String classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> !entry.contains("hazelcast"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** One that hears ^C, also when whoever runs the tests does not: in the background, shells have it ignored. */
    static ProcessBuilder interruptible(String... words) {
        ProcessBuilder builder = builder(words);
        if (Files.exists(Path.of("/proc/self"))) {
            builder.command().addAll(0, List.of("env", "--default-signal=INT"));
        }
        return builder;
    }

    /** As a line for a shell. */
    static String line(String... words) {
        return ShellQuote.line(builder(words).command());
    }

    /** One with Hazelcast, as the launcher starts the commands of a cluster. */
    static ProcessBuilder ofCluster(String... words) {
        ProcessBuilder builder = builder(words);
        List<String> argv = builder.command();
        argv.set(argv.indexOf("-cp") + 1, System.getProperty("java.class.path"));
        return builder;
    }

    static ProcessBuilder builder(String... words) {
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classPath(),
                "io.muxpool.cli.Main"));
        argv.addAll(List.of(words));
        return new ProcessBuilder(argv);
    }
}
