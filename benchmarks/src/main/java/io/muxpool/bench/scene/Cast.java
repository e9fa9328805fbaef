package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Destination;
import io.muxpool.bench.peer.Peer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Clients that are connected to one destination, and closed together. */
final class Cast implements AutoCloseable {
    private final List<Peer> peers = new ArrayList<>();
    private final Random order;

    private Cast(Random order) {
        this.order = order;
    }

    static Cast open(Destination destination, List<Client> clients, Path sockets, int sessions, Random order)
            throws Exception {
        Files.createDirectories(sockets);
        Cast cast = new Cast(order);
        try {
            for (Client client : clients) {
                cast.peers.add(client.open(destination, sockets, sessions));
            }
            return cast;
        } catch (Exception e) {
            cast.close();
            throw e;
        }
    }

    /** In an order of its own each time, so that nobody is always behind the same one, and what that leaves to be done. */
    List<Peer> shuffled() {
        List<Peer> round = new ArrayList<>(peers);
        Collections.shuffle(round, order);
        return round;
    }

    List<Peer> peers() {
        return peers;
    }

    @Override
    public void close() throws Exception {
        Exception first = null;
        for (Peer peer : peers) {
            try {
                peer.close();
            } catch (Exception e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
