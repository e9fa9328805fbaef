package io.muxpool.internal.transport;

import io.muxpool.PoolEvent;
import io.muxpool.internal.master.ServerFacts;
import java.util.function.Supplier;

/** What a link tells its pool, and asks it. Called from any thread, without a lock. */
public interface LinkOwner {
    /** Sessions that the server is known to allow on one connection; the largest int when it never refused one. */
    int sessionsAllowed();

    /** An earlier process has seen the server refuse more than so many. */
    void learned(int sessions);

    /**
     * The server has refused a session when so many were there, and the connection is out of service: what runs on it
     * goes on, and nothing new is started on it.
     */
    void outOfService(int sessions);

    /** Nothing comes over the connection any more, and a question over the network had no answer: start no more on it. */
    void unresponsive();

    /** The server was seen to close channels that run no command yet when another command ends. */
    void oneAtATime();

    /** Sessions of commands that are dead, and whose CLOSE has not come yet: more of them, or fewer. */
    void lingering(int change);

    /** Sessions of commands that may go on, and whose end the server will not tell: more, or fewer. */
    void leftBehind(int change);

    /** What is known of the server and of our account there. */
    ServerFacts server();

    /**
     * More is known of the server.
     *
     * @param news whether this process found it out, rather than an earlier one
     */
    void serverKnown(ServerFacts facts, boolean news);

    /** Something worth telling a listener; asked what it is only when there is one. */
    void happened(Supplier<PoolEvent> event);

    /** For a link that is in no pool. */
    LinkOwner NONE = new LinkOwner() {
        @Override
        public int sessionsAllowed() {
            return Integer.MAX_VALUE;
        }

        @Override
        public void learned(int sessions) {}

        @Override
        public void outOfService(int sessions) {}

        @Override
        public void unresponsive() {}

        @Override
        public void oneAtATime() {}

        @Override
        public void lingering(int change) {}

        @Override
        public void leftBehind(int change) {}

        @Override
        public ServerFacts server() {
            return ServerFacts.UNKNOWN.withVariables(false);
        }

        @Override
        public void serverKnown(ServerFacts facts, boolean news) {}

        @Override
        public void happened(Supplier<PoolEvent> event) {}
    };
}
