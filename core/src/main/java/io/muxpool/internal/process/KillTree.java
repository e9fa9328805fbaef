package io.muxpool.internal.process;

import io.muxpool.internal.turn.Uninterrupted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Ends a child and everything below it: TERM to all, a grace, KILL to who is left, and the child reaped.
 *
 * <p>A tree that grows meanwhile would lose its newest leaves: what is forked after a snapshot by a parent that then dies
 * is nobody's descendant any more. So it is stopped first, until a snapshot shows nothing new.
 *
 * <p>An ssh master is never in such a tree: it runs in a session of its own, with process 1 or a {@link Subreaper} as its
 * parent. What has left the tree in the same way on purpose survives.
 */
public final class KillTree {
    private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long REAP_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int MAX_ROUNDS = 20;

    private KillTree() {}

    /** Blocks for at most the grace and the reaping, whatever the interrupt flag says; true when the child is gone. */
    public static boolean kill(Process child) {
        return Uninterrupted.call(() -> {
            Set<ProcessHandle> tree = stopped(List.of(child.toHandle()));
            // A stopped process dies of TERM, or handles it, when it goes on.
            tree.forEach(ProcessHandle::destroy);
            signal("CONT", tree);
            if (awaitGone(tree, GRACE_NANOS)) {
                return true;
            }
            List<ProcessHandle> survivors =
                    tree.stream().filter(ProcessHandle::isAlive).toList();
            stopped(survivors).forEach(ProcessHandle::destroyForcibly);
            return awaitGone(List.of(child.toHandle()), REAP_NANOS);
        });
    }

    /**
     * Ends everything below a child that waits for it and then ends by itself: killed first, it would leave processes that
     * nobody waits for. Blocks as {@link #kill} does; true when the child is gone.
     */
    static boolean killBelow(Process child) {
        return Uninterrupted.call(() -> {
            ProcessHandle top = child.toHandle();
            Set<ProcessHandle> below = stopped(List.of(top));
            below.remove(top);
            if (below.isEmpty()) {
                // It has started nothing yet, and must not begin when it goes on.
                child.destroyForcibly();
            }
            below.forEach(ProcessHandle::destroy);
            below.add(top);
            signal("CONT", below);
            below.remove(top);
            if (awaitGone(List.of(top), GRACE_NANOS)) {
                return true;
            }
            List<ProcessHandle> survivors =
                    below.stream().filter(ProcessHandle::isAlive).toList();
            stopped(survivors).forEach(ProcessHandle::destroyForcibly);
            return awaitGone(List.of(top), REAP_NANOS);
        });
    }

    /** The roots and all their descendants, stopped, so that none of them can fork any more. */
    private static Set<ProcessHandle> stopped(List<ProcessHandle> roots) {
        Set<ProcessHandle> tree = new LinkedHashSet<>();
        for (int round = 0; round < MAX_ROUNDS; round++) {
            List<ProcessHandle> fresh = roots.stream()
                    .flatMap(root -> Stream.concat(Stream.of(root), root.descendants()))
                    .filter(process -> !tree.contains(process))
                    .distinct()
                    .toList();
            if (fresh.isEmpty()) {
                break;
            }
            tree.addAll(fresh);
            signal("STOP", fresh);
        }
        return tree;
    }

    /** Java sends TERM and KILL only. Where there is no shell to send others with, a growing tree may lose a leaf. */
    private static void signal(String name, Collection<ProcessHandle> processes) {
        List<String> kill = List.of("/bin/sh", "-c", "kill -" + name + " \"$@\" 2>/dev/null", "sh");
        List<String> words = new ArrayList<>(kill);
        processes.stream()
                .filter(ProcessHandle::isAlive)
                .map(process -> Long.toString(process.pid()))
                .forEach(words::add);
        if (words.size() == kill.size()) {
            return;
        }
        try {
            start(words).waitFor();
        } catch (IOException e) {
            return;
        } catch (InterruptedException e) {
            // Kept for whoever looks next; the signal is on its way.
            Thread.currentThread().interrupt();
        }
    }

    private static Process start(List<String> words) throws IOException {
        try (FileReservation files = FileReservation.forProcessNow()) {
            return new ProcessBuilder(words).start();
        }
    }

    private static boolean awaitGone(Collection<ProcessHandle> tree, long nanos) {
        long start = System.nanoTime();
        while (tree.stream().anyMatch(ProcessHandle::isAlive)) {
            if (System.nanoTime() - start >= nanos) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }
}
