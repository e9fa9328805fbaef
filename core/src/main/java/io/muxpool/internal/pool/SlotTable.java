package io.muxpool.internal.pool;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which connection serves next: a table of lines and their slots. Pure policy; guarded by its pool's lock.
 *
 * <p>Most free slots first; among equals the one most recently returned or created, which is the hottest. Taking a slot
 * does not change that stamp, returning one does. Every line is here exactly once, also while all its slots are out, and
 * 0 <= free <= capacity.
 *
 * @param <L> what a line is to the pool
 */
final class SlotTable<L> {
    private final List<Line<L>> lines = new ArrayList<>();
    private int capacity;
    private long clock;

    /** @param capacity of each new line */
    SlotTable(int capacity) {
        this.capacity = capacity;
    }

    /** One connection and its slots. */
    static final class Line<L> {
        private final L link;
        private int capacity;
        private int taken;
        private int running;
        private boolean served;
        private boolean abandoned;
        private boolean retired;
        private int lingering;
        private int leftBehind;
        private long stamp;

        private Line(L link, int capacity, long stamp) {
            this.link = link;
            this.capacity = capacity;
            this.stamp = stamp;
        }

        L link() {
            return link;
        }

        int capacity() {
            return capacity;
        }

        /** Slots that may be handed out. A capacity learned to be lower than what is out leaves none, not less. */
        int free() {
            return retired ? 0 : Math.max(0, capacity - taken - lingering - leftBehind);
        }

        /** Slots that are out. */
        int taken() {
            return taken;
        }

        /** Commands on it now, those about to start included. */
        int running() {
            return running;
        }

        /** Whether any command ever ran on it. */
        boolean served() {
            return served;
        }

        /** Whether a command was given up on it, which may go on and hold its session. */
        boolean abandoned() {
            return abandoned;
        }

        boolean retired() {
            return retired;
        }

        /** Whether the server may hold sessions of commands that were given up. */
        boolean hasLeftovers() {
            return lingering + leftBehind > 0;
        }

        /** Whether nothing but what was left behind is on it, whose end nobody tells: another connection serves better. */
        private boolean isChoked() {
            return leftBehind > 0 && leftBehind >= capacity && taken == 0 && running == 0;
        }
    }

    /** Adds a line with all its slots free. */
    Line<L> add(L link) {
        Line<L> line = new Line<>(link, capacity, ++clock);
        lines.add(line);
        return line;
    }

    /** The line to take a slot of; null when all are full. */
    @Nullable Line<L> choose() {
        Line<L> best = null;
        for (int i = 0; i < lines.size(); i++) {
            Line<L> line = lines.get(i);
            boolean better = best == null
                    || line.free() > best.free()
                    || (line.free() == best.free() && line.stamp > best.stamp);
            if (line.free() > 0 && better) {
                best = line;
            }
        }
        return best;
    }

    void take(Line<L> line) {
        if (line.free() == 0) {
            throw new IllegalStateException("no free slot on " + line.link);
        }
        line.taken++;
    }

    void giveBack(Line<L> line) {
        line.taken--;
        line.stamp = ++clock;
    }

    void begin(Line<L> line) {
        line.running++;
    }

    /** How a command on a line ended, as far as its sessions are concerned. */
    enum End {
        /** It had a session, which is over. */
        SERVED,
        /** It had, or may have had, a session, which may still be taken on the server. */
        ABANDONED,
        /** It had none. */
        NOT_RUN
    }

    void end(Line<L> line, End end) {
        line.running--;
        line.served |= end != End.NOT_RUN;
        line.abandoned |= end == End.ABANDONED;
    }

    /** The server allows no more than {@code sessions} on this line, and so, it seems, on any: new ones start with that. */
    void learn(Line<L> line, int sessions) {
        line.capacity = Math.min(line.capacity, sessions);
        capacity = Math.min(capacity, sessions);
    }

    /** Sessions of commands that were given up, and that the server may still hold: more of them, or fewer. */
    void linger(Line<L> line, int change) {
        line.lingering += change;
    }

    /** The same of those whose end the server does not tell. */
    void leaveBehind(Line<L> line, int change) {
        line.leftBehind += change;
    }

    /** Hands out no slot of it any more. */
    void retire(Line<L> line) {
        line.retired = true;
    }

    /**
     * Forgets a line that serves nobody any more: retired, or full of leftovers, and not in use.
     *
     * @return whether it is gone, and its link is the caller's to close
     */
    boolean removeIfSpent(Line<L> line) {
        line.retired |= line.isChoked();
        return line.retired && line.taken == 0 && line.running == 0 && lines.remove(line);
    }

    List<Line<L>> lines() {
        return List.copyOf(lines);
    }

    int size() {
        return lines.size();
    }

    /** Of each new line: as asked for, or as learned. */
    int capacity() {
        return capacity;
    }

    int free() {
        return lines.stream().mapToInt(Line::free).sum();
    }
}
