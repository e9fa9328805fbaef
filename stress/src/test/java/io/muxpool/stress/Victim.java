package io.muxpool.stress;

import io.muxpool.Remote;
import io.muxpool.testkit.Processes;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A crew in a process of its own, to be killed. */
final class Victim implements AutoCloseable {
    private final Process process;

    private Victim(Process process) {
        this.process = process;
    }

    static Victim start(Crew.Errand errand) throws IOException {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
        words.addAll(List.of(
                "-cp",
                place(Crew.class)
                        + File.pathSeparator
                        + place(Remote.class)
                        + File.pathSeparator
                        + place(Processes.class)));
        words.add(Crew.class.getName());
        words.addAll(errand.toArguments());
        return new Victim(new ProcessBuilder(words)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    private static Path place(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** KILL, and gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** Lets it finish what is under way; false when it had to be killed, or ended otherwise. */
    boolean finish() throws IOException, InterruptedException {
        process.getOutputStream().close();
        return process.waitFor(40, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
