package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Programs of this side that tell of files what Java does not. */
final class LocalShell {
    private static final long PATIENCE_SECONDS = 10;

    private LocalShell() {}

    /** The standard output of a short program; empty when it is not there, fails, or takes long. */
    static String output(String... words) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(words)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                process.getOutputStream().close();
                // Less than a pipe holds: it ends without being read.
                if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    return "";
                }
                String said = new String(process.getInputStream().readAllBytes(), UTF_8);
                return process.exitValue() == 0 ? said : "";
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            return "";
        }
    }
}
