package io.muxpool.stress.fuzz;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the client logs as an error, where that is a bug. What it warns of is none, and is kept from the console. */
final class Complaints extends Handler implements AutoCloseable {
    private final Logger logger = Logger.getLogger("io.muxpool");
    private final boolean parents = logger.getUseParentHandlers();
    private final Predicate<LogRecord> bug;
    private final List<LogRecord> errors = new CopyOnWriteArrayList<>();

    /** @param bug tells for an error whether it is one */
    Complaints(Predicate<LogRecord> bug) {
        this.bug = bug;
        logger.setUseParentHandlers(false);
        logger.addHandler(this);
    }

    @Override
    public void publish(LogRecord record) {
        if (record.getLevel().intValue() >= Level.SEVERE.intValue() && bug.test(record)) {
            errors.add(record);
        }
    }

    /** Fails when there are any. */
    void requireNone() {
        if (!errors.isEmpty()) {
            LogRecord first = errors.get(0);
            errors.clear();
            throw new AssertionError("the client logged an error: " + first.getMessage(), first.getThrown());
        }
    }

    @Override
    public void flush() {
        // Kept in memory.
    }

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(parents);
    }
}
