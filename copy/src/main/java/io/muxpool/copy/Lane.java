package io.muxpool.copy;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Supplier;
import net.schmizz.concurrent.Promise;
import net.schmizz.sshj.sftp.Response;
import net.schmizz.sshj.sftp.SFTPException;
import org.jspecify.annotations.Nullable;

/** One open file on one channel, and many requests on their way at once. Used by one thread. */
final class Lane {
    private final Sftp sftp;
    private final byte[] handle;
    private final Flow flow;
    private final Deque<Block> flying = new ArrayDeque<>();
    private int bytesFlying;
    private @Nullable Runnable first;

    Lane(Sftp sftp, byte[] handle, Flow flow) {
        this.sftp = sftp;
        this.handle = handle;
        this.flow = flow;
    }

    /** Whether lanes had better not begin all at once. */
    boolean isStaggered() {
        return flow.isStaggered();
    }

    private record Block(Load load, long offset, int length, Promise<Response, SFTPException> answer) {}

    /** A run, and what of it is still to arrive. */
    private static final class Load {
        final Runs.Run run;
        int left;

        Load(Runs.Run run) {
            this.run = run;
            left = run.length();
        }
    }

    /**
     * Carries runs until none is left for it.
     *
     * @param next the next run; null for none
     * @param arrived is told of each when it has
     * @param lanes how many do, at most
     * @param first done before the first run is told of as arrived
     */
    void carry(Supplier<Runs.@Nullable Run> next, Consumer<Runs.Run> arrived, int lanes, Runnable first)
            throws IOException {
        this.first = first;
        int most = flow.flying(lanes);
        for (Runs.Run run = next.get(); run != null; run = next.get()) {
            Load load = new Load(run);
            int step = sftp.block();
            for (long at = run.offset(); at < run.end(); at += step) {
                // Also what has its answer already: how much has arrived tells whether the window is the limit.
                while (bytesFlying >= most || isAnswered()) {
                    land(arrived);
                }
                launch(load, at, (int) Math.min(step, run.end() - at));
            }
        }
        while (!flying.isEmpty()) {
            land(arrived);
        }
    }

    private boolean isAnswered() {
        Block next = flying.peek();
        return next != null && next.answer.isFulfilled();
    }

    private void launch(Load load, long offset, int length) throws IOException {
        flying.add(new Block(load, offset, length, sftp.send(flow.request(sftp, handle, offset, length))));
        bytesFlying += length;
    }

    private void land(Consumer<Runs.Run> arrived) throws IOException {
        Block block = flying.remove();
        int moved = flow.landed(sftp.answer(block.answer), block.offset, block.length);
        bytesFlying -= block.length;
        if (moved < block.length) {
            launch(block.load, block.offset + moved, block.length - moved);
        }
        block.load.left -= moved;
        if (block.load.left == 0) {
            Runnable begun = first;
            first = null;
            if (begun != null) {
                begun.run();
            }
            arrived.accept(block.load.run);
        }
    }
}
