package io.muxpool.stress;

/** What the monkey does. */
enum Fault {
    KILL_MASTER("master killed"),
    TERMINATE_MASTER("master terminated"),
    STOP_MASTER("master stopped for a while"),
    KILL_SERVER("sshd of a connection killed"),
    CUT("connections cut"),
    FREEZE("network silent for a while"),
    DELAY("network slow for a while"),
    HALVE("connections halved"),
    SPOIL("a byte spoilt on the wire"),
    FILL_DISK("disk of the sockets full for a while"),
    FEWER_SESSIONS("MaxSessions changed"),
    KILL_CLIENT("client process killed");

    private final String title;

    Fault(String title) {
        this.title = title;
    }

    /** For people. */
    String title() {
        return title;
    }
}
