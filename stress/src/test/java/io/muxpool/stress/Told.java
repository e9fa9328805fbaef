package io.muxpool.stress;

/** What a client was told of a command, and what the server's journal must then hold. */
enum Told {
    /** It ran to its end, and its output is right. */
    SUCCEEDED("succeeded", 1, 1),
    /** Nothing of it ran: it may be run again. */
    NOT_STARTED("not started", 0, 0),
    /** It may have run, wholly or in part, and may still run. */
    UNKNOWN("outcome unknown", 0, 1),
    /** It ran in part, or not at all, and no process of it is left. */
    DEAD("confirmed dead", 0, 1),
    /** Nothing yet: the client's own process was killed. */
    NOTHING("client killed", 0, 1);

    private final String title;
    private final int least;
    private final int most;

    Told(String title, int least, int most) {
        this.title = title;
        this.least = least;
        this.most = most;
    }

    /** For people. */
    String title() {
        return title;
    }

    /** Whether it was the truth, when the command has left so many lines in the journal. */
    boolean agreesWith(int lines) {
        return least <= lines && lines <= most;
    }
}
