package io.muxpool.internal.master;

import io.muxpool.Job;
import io.muxpool.internal.turn.Turn;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Open files that are kept for one question to a master: whether it is still there when a command has ended. Without the
 * answer nobody knows what the end is worth, and this process may have no other file left to ask with.
 */
final class SpareFiles {
    /** A selector, its wake-up, a socket. */
    private static final int QUESTION = 3;

    private static final Turn LENT = new Turn();

    // Used in turn.
    private static final List<FileInputStream> KEPT = new ArrayList<>();

    // Written in turn: whether all are there.
    private static volatile boolean complete;

    private SpareFiles() {}

    /** Opens them, unless they are there. Where none can be opened, later calls try again. */
    static void keep(Job job) {
        if (complete) {
            return;
        }
        LENT.take(job, "keeping open files for a question to the master");
        try {
            fill();
        } finally {
            LENT.end();
        }
    }

    /** Gives them up for as long as the question takes. One at a time. */
    static <T> T lend(Job job, Supplier<T> question) {
        LENT.take(job, "waiting for open files to ask the master with");
        try {
            complete = false;
            for (FileInputStream file : KEPT) {
                close(file);
            }
            KEPT.clear();
            return question.get();
        } finally {
            fill();
            LENT.end();
        }
    }

    private static void fill() {
        try {
            while (KEPT.size() < QUESTION) {
                KEPT.add(new FileInputStream("/dev/null"));
            }
            complete = true;
        } catch (IOException e) {
            // None left. The next one tries again.
            return;
        }
    }

    private static void close(FileInputStream file) {
        try {
            file.close();
        } catch (IOException e) {
            // Nothing was written to it.
            return;
        }
    }
}
