package io.muxpool;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * What a command had written when it was given up: the bytes captured so far, possibly none. Immutable.
 *
 * <p>Only what the command was asked to capture is here; output sent to a file, a stream or the terminal is there.
 */
public final class PartialOutput {
    /** Nothing was captured. */
    public static final PartialOutput NONE = new PartialOutput(new byte[0], new byte[0]);

    private final byte[] stdout;
    private final byte[] stderr;

    /** Copies both arrays. */
    public PartialOutput(byte[] stdout, byte[] stderr) {
        this.stdout = stdout.clone();
        this.stderr = stderr.clone();
    }

    /** A copy of the captured standard output. */
    public byte[] stdout() {
        return stdout.clone();
    }

    /** A copy of the captured standard error. */
    public byte[] stderr() {
        return stderr.clone();
    }

    /** The captured standard output as a stream, without a copy of it. */
    public InputStream stdoutStream() {
        return new ByteArrayInputStream(stdout);
    }

    /** The captured standard error as a stream, without a copy of it. */
    public InputStream stderrStream() {
        return new ByteArrayInputStream(stderr);
    }

    /** Standard output as UTF-8; malformed bytes become U+FFFD. */
    public String stdoutText() {
        return new String(stdout, StandardCharsets.UTF_8);
    }

    /** Standard error as UTF-8; malformed bytes become U+FFFD. */
    public String stderrText() {
        return new String(stderr, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "PartialOutput[stdout=" + stdout.length + " bytes, stderr=" + stderr.length + " bytes]";
    }
}
