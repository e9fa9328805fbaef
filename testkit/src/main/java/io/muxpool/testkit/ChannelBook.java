package io.muxpool.testkit;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What was opened, answered and granted on one {@link Attached} connection, whoever did it. Thread-safe. */
final class ChannelBook {

    private final Set<Integer> unanswered = new HashSet<>();
    private final Map<Integer, Frame> opens = new HashMap<>();
    private final Map<Integer, Integer> clientIds = new HashMap<>();
    private final Map<Integer, Long> granted = new HashMap<>();

    synchronized void opened(Frame open) {
        unanswered.add(open.clientId());
        opens.put(open.clientId(), open);
    }

    synchronized void confirmed(int clientId, int serverId, long window) {
        unanswered.remove(clientId);
        clientIds.put(serverId, clientId);
        granted.put(clientId, window);
    }

    synchronized void refused(int clientId) {
        unanswered.remove(clientId);
    }

    synchronized void granted(int clientId, long bytes) {
        granted.merge(clientId, bytes, Long::sum);
    }

    synchronized Set<Integer> unanswered() {
        return Set.copyOf(unanswered);
    }

    /** The opening that the server confirmed under that number of its own. */
    synchronized Optional<Frame> openOf(int serverId) {
        return Optional.ofNullable(clientIds.get(serverId)).map(opens::get);
    }

    /** How many bytes the client was allowed to send on the channel in all. */
    synchronized long grantedTo(int clientId) {
        return granted.getOrDefault(clientId, 0L);
    }
}
