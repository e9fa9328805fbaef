package io.muxpool.internal.mux.channel;

import static java.util.Objects.requireNonNull;

import io.muxpool.Interleavings;
import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.internal.mux.wire.ProtocolException;
import io.muxpool.internal.sweep.Marking;
import java.util.List;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * What an answer proves of the CLOSEs of other channels: no more than those which the server had been sent before what it
 * answers. Else a session is taken for free that is not, and the next OPEN refused.
 */
public class ClosesLincheckTest {
    private static final int WINDOW = 1024;

    private final SilentMaster master = new SilentMaster();
    private final Attachment attachment = new Attachment(master, new Listener(), WINDOW, Marking.IN_LINE);
    private final Channel closing = open(0);
    private final Channel asking = open(1);

    private Channel open(int id) {
        Channel channel = requireNonNull(attachment.open(new Listener(), 2, false), "an open channel");
        hear(channel, new ChannelMessage.OpenConfirmation(id, id, WINDOW, WINDOW));
        return channel;
    }

    @Operation(runOnce = true)
    public void close() {
        closing.close();
    }

    @Operation(runOnce = true)
    public void askAndHear() {
        asking.request(true, false, false, new ChannelRequest.Exec("x"));
        hear(asking, new ChannelMessage.Success(asking.id()));
    }

    private static void hear(Channel channel, ChannelMessage.ToChannel message) {
        try {
            channel.received(message);
        } catch (ProtocolException e) {
            throw new AssertionError(e);
        }
    }

    @Validate
    public void onlyWhatWasSentBeforeIsProven() {
        List<ChannelMessage> told = master.told();
        int proven = 0;
        int sent = 0;
        for (ChannelMessage message : told) {
            if (message instanceof ChannelMessage.Close) {
                sent++;
            } else if (message instanceof ChannelMessage.Request) {
                proven = sent;
            }
        }
        // Both are here still, for the server has closed none; beside them counts what nothing proves closed.
        if (attachment.open(new Listener(), 2 + sent - proven, false) != null) {
            throw new AssertionError("more is believed proven than " + proven + " of " + sent + ": " + told);
        }
    }

    @Test
    void answerProvesWhatWasSentBeforeItsQuestion() {
        Interleavings.ofPair(ClosesLincheckTest.class);
    }
}
