package io.muxpool.cli;

import java.text.MessageFormat;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/**
 * The library's log lines go to standard error with {@code -v}, and nowhere without: a command line is quiet unless asked.
 * Much quicker to start than java.util.logging, too.
 */
public final class StderrLoggers extends System.LoggerFinder {
    private static volatile boolean verbose;

    static void setVerbose(boolean verbose) {
        StderrLoggers.verbose = verbose;
    }

    @Override
    public System.Logger getLogger(String name, Module module) {
        return new StderrLogger(name);
    }

    private record StderrLogger(String name) implements System.Logger {
        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            return verbose && name.startsWith("io.muxpool") && level.compareTo(Level.DEBUG) >= 0;
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String message, @Nullable Throwable thrown) {
            if (isLoggable(level)) {
                System.err.println("muxpool: " + Text.oneLine(message + (thrown == null ? "" : ": " + thrown)));
            }
        }

        @Override
        public void log(
                Level level,
                @Nullable ResourceBundle bundle,
                @Nullable String format,
                @Nullable Object @Nullable ... params) {
            if (isLoggable(level)) {
                boolean plain = params == null || params.length == 0;
                System.err.println(
                        "muxpool: " + Text.oneLine(plain ? "" + format : MessageFormat.format("" + format, params)));
            }
        }
    }
}
