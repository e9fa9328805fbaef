package io.muxpool.stress;

import io.muxpool.testkit.Processes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Breaks things, one after another, and lets each be broken for a while. One thread. */
final class Monkey {
    private final Ground ground;
    private final Random random;
    private final Deque<Fault> bag = new ArrayDeque<>();
    private final Map<Fault, Integer> done = new EnumMap<>(Fault.class);
    private long nextCrew = 2;
    private Victim victim;

    Monkey(Ground ground, long seed) throws IOException {
        this.ground = ground;
        this.random = new Random(seed);
        this.victim = newVictim();
    }

    private Victim newVictim() throws IOException {
        return Victim.start(ground.errand(nextCrew++ * 1_000_000_000L, 4));
    }

    /** Goes on for so long, and then mends everything. */
    Map<Fault, Integer> rage(Duration howLong) throws Exception {
        long end = System.nanoTime() + howLong.toNanos();
        try {
            while (System.nanoTime() - end < 0) {
                Fault fault = next();
                if (does(fault)) {
                    done.merge(fault, 1, Integer::sum);
                }
                // Something must also succeed.
                Thread.sleep(200 + random.nextInt(1000));
            }
            ground.proxy().thaw();
            ground.proxy().delay(Duration.ZERO);
            ground.server().maxSessions(10);
            if (!victim.finish()) {
                throw new IllegalStateException("a client process does not come to its end");
            }
            return Map.copyOf(done);
        } finally {
            victim.close();
        }
    }

    /** In an order of chance, none a second time before all have had their turn. */
    private Fault next() {
        if (bag.isEmpty()) {
            List<Fault> all = new ArrayList<>(List.of(Fault.values()));
            Collections.shuffle(all, random);
            bag.addAll(all);
        }
        return bag.remove();
    }

    /** False when there was nothing to do it to. */
    private boolean does(Fault fault) throws Exception {
        switch (fault) {
            case KILL_MASTER -> {
                return signalOne(ground.masters(), "KILL");
            }
            case TERMINATE_MASTER -> {
                return ground.terminateOne(random);
            }
            case STOP_MASTER -> {
                return stopOne(ground.masters());
            }
            case KILL_SERVER -> {
                return signalOne(ground.server().connections(), "KILL");
            }
            case CUT -> ground.proxy().cut();
            case FREEZE -> {
                ground.proxy().freeze();
                Thread.sleep(random.nextInt(3000));
                ground.proxy().thaw();
            }
            case DELAY -> {
                ground.proxy().delay(Duration.ofMillis(random.nextInt(100)), Duration.ofMillis(random.nextInt(100)));
                Thread.sleep(random.nextInt(2000));
                ground.proxy().delay(Duration.ZERO);
            }
            case HALVE -> ground.proxy().halve();
            case SPOIL -> ground.proxy().spoil();
            case FILL_DISK -> {
                return fillDisk();
            }
            case FEWER_SESSIONS -> ground.server().maxSessions(1 + random.nextInt(10));
            case KILL_CLIENT -> {
                victim.kill();
                victim = newVictim();
            }
        }
        return true;
    }

    private boolean signalOne(List<Long> pids, String signal) {
        if (pids.isEmpty()) {
            return false;
        }
        Processes.signal(pids.get(random.nextInt(pids.size())), signal);
        return true;
    }

    private boolean stopOne(List<Long> pids) throws InterruptedException {
        if (pids.isEmpty()) {
            return false;
        }
        long pid = pids.get(random.nextInt(pids.size()));
        Processes.signal(pid, "STOP");
        Thread.sleep(random.nextInt(7000));
        Processes.signal(pid, "CONT");
        return true;
    }

    private boolean fillDisk() throws IOException, InterruptedException {
        if (!ground.hasDisk()) {
            return false;
        }
        Path ballast = ground.disk().resolve("ballast");
        try (OutputStream out = Files.newOutputStream(ballast)) {
            byte[] block = new byte[4096];
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            // Full, as it was to be.
            Thread.sleep(random.nextInt(2000));
        } finally {
            Files.deleteIfExists(ballast);
        }
        return true;
    }
}
