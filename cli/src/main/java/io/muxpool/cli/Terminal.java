package io.muxpool.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether somebody looks at an output of this process. Java tells it of all three streams together only, and colours are
 * another question. The launcher knows, and says so in {@code -Dmuxpool.terminals}; else Linux does.
 */
public final class Terminal {
    private static final String SAID = System.getProperty("muxpool.terminals");

    private Terminal() {}

    /** Whether standard output is one. */
    public static boolean isStdout() {
        return is(1);
    }

    /** Whether standard error is one. */
    public static boolean isStderr() {
        return is(2);
    }

    private static boolean is(int descriptor) {
        if (SAID != null) {
            return SAID.contains(Integer.toString(descriptor));
        }
        try {
            String opened = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return opened.startsWith("/dev/pts/") || opened.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }
}
