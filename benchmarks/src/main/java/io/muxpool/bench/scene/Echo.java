package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Peer;
import java.nio.charset.StandardCharsets;

/** The command of most scenes: the least that a server can do, and still a process. */
final class Echo {
    static final String LINE = "/bin/echo hello";

    private Echo() {}

    /** Runs it, checks what came back, and gives the milliseconds that it took. */
    static double millis(Peer peer) throws Exception {
        long start = System.nanoTime();
        byte[] out;
        try {
            out = peer.run(LINE);
        } catch (Exception e) {
            throw new IllegalStateException(peer.name() + " failed: " + e.getMessage(), e);
        }
        double millis = (System.nanoTime() - start) / 1e6;
        String text = new String(out, StandardCharsets.UTF_8);
        if (!text.equals("hello\n")) {
            throw new IllegalStateException(peer.name() + " got a wrong output: " + text);
        }
        return millis;
    }
}
