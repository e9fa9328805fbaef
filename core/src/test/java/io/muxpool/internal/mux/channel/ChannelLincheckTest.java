package io.muxpool.internal.mux.channel;

import static java.util.Objects.requireNonNull;

import io.muxpool.Interleavings;
import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.internal.mux.wire.ProtocolException;
import io.muxpool.internal.sweep.Marking;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/** One channel: what callers do with it, while the loop hears of it from the server. */
public class ChannelLincheckTest {
    private static final int OURS = 0;
    private static final int THEIRS = 7;
    private static final int WINDOW = 6;
    private static final String LOOP = "loop";

    private final SilentMaster master = new SilentMaster();
    private final Channel channel = requireNonNull(
            new Attachment(master, new Listener(), WINDOW, Marking.IN_LINE).open(new Listener(), 1, false),
            "an open channel");
    private final AtomicInteger granted = new AtomicInteger();

    @Operation
    public String send() {
        ByteBuffer from = ByteBuffer.allocate(4);
        return channel.send(from) + ", " + from.remaining() + " left";
    }

    @Operation
    public boolean requestAndEof() {
        return channel.request(false, true, false, new ChannelRequest.Exec("x")) != Channel.NOT_SENT;
    }

    @Operation
    public void close() {
        channel.close();
    }

    @Operation(nonParallelGroup = LOOP)
    public boolean confirm() {
        return hear(new ChannelMessage.OpenConfirmation(OURS, THEIRS, WINDOW, Channel.MAX_PACKET), WINDOW);
    }

    @Operation(nonParallelGroup = LOOP)
    public boolean widen() {
        return hear(new ChannelMessage.WindowAdjust(OURS, 1), 1);
    }

    @Operation(nonParallelGroup = LOOP)
    public boolean closedByServer() {
        return hear(new ChannelMessage.Close(OURS), 0);
    }

    /** Whether the server may say so now. */
    private boolean hear(ChannelMessage.ToChannel message, int grant) {
        granted.addAndGet(grant);
        try {
            channel.received(message);
            return true;
        } catch (ProtocolException e) {
            granted.addAndGet(-grant);
            return false;
        }
    }

    @Validate
    public void serverWasToldWhatItsProtocolAllows() {
        boolean closed = false;
        boolean ended = false;
        int bytes = 0;
        List<ChannelMessage> told = master.told();
        for (ChannelMessage message : told.subList(1, told.size())) {
            verify(message instanceof ChannelMessage.ToChannel to && to.recipient() == THEIRS, told);
            verify(!closed, told);
            if (message instanceof ChannelMessage.Data data) {
                bytes += data.payload().remaining();
                verify(!ended && bytes <= granted.get(), told);
            }
            ended |= message instanceof ChannelMessage.Eof;
            closed = message instanceof ChannelMessage.Close;
        }
    }

    private static void verify(boolean holds, Object seen) {
        if (!holds) {
            throw new AssertionError(seen);
        }
    }

    @Test
    void stateAndSendingAreOneStep() {
        Interleavings.ofTwo(ChannelLincheckTest.class);
    }
}
