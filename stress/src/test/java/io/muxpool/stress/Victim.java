package io.muxpool.stress;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A crew in a process of its own, to be killed. */
final class Victim implements AutoCloseable {
    private final Process process;

    private Victim(Process process) {
        this.process = process;
    }

    static Victim start(Crew.Errand errand) throws IOException {
        return new Victim(OtherJava.of(Crew.class, List.of("-Xmx256m"), errand.toArguments())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
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
