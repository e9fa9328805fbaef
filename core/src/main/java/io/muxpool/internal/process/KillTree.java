package io.muxpool.internal.process;

import io.muxpool.internal.turn.Uninterrupted;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends a child and everything below it: TERM to all, a grace, KILL to who is left, and the child reaped.
 *
 * <p>An ssh master is never in such a tree: it runs in a session of its own, with process 1 as its parent. What has left
 * the tree in the same way on purpose survives.
 */
final class KillTree {
    private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long REAP_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private KillTree() {}

    /** Blocks for at most the grace and the reaping, whatever the interrupt flag says; true when the child is gone. */
    static boolean kill(Process child) {
        return Uninterrupted.call(() -> {
            List<ProcessHandle> tree = new ArrayList<>();
            // The snapshot comes first: once a parent is dead its children are no longer its descendants.
            child.descendants().forEach(tree::add);
            tree.add(child.toHandle());
            tree.forEach(ProcessHandle::destroy);
            if (awaitGone(tree, GRACE_NANOS)) {
                return true;
            }
            // Whatever was forked since the snapshot by those who ignored TERM.
            child.descendants().forEach(tree::add);
            tree.forEach(ProcessHandle::destroyForcibly);
            return awaitGone(List.of(child.toHandle()), REAP_NANOS);
        });
    }

    private static boolean awaitGone(List<ProcessHandle> tree, long nanos) {
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
