package io.muxpool.internal.mux.channel;

import static java.util.Objects.requireNonNull;

import io.muxpool.Interleavings;
import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.ProtocolException;
import io.muxpool.internal.sweep.Marking;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/** A channel opened ahead that changes hands: of the two handlers each hears exactly its own part. */
public class AdoptionLincheckTest {
    private static final int WINDOW = 1024;

    private final Listener first = new Listener();
    private final Listener second = new Listener();
    private final Channel channel = requireNonNull(
            new Attachment(new SilentMaster(), new Listener(), WINDOW, Marking.IN_LINE).open(first, 1, false),
            "an open channel");
    private volatile Channel.Adopted adopted = Channel.Adopted.NOT;

    @Operation(runOnce = true)
    public void adopt() {
        adopted = channel.adopt(second);
    }

    @Operation(runOnce = true)
    public void openAndCloseByServer() throws ProtocolException {
        channel.received(new ChannelMessage.OpenConfirmation(channel.id(), 7, WINDOW, WINDOW));
        channel.received(new ChannelMessage.Close(channel.id()));
    }

    @Validate
    public void eachHeardItsOwnPart() {
        String heard = first.heard() + " and " + second.heard();
        boolean right = switch (adopted) {
            case OPENING -> heard.equals("00 and 11");
            case OPEN -> heard.equals("10 and 01");
            case NOT -> heard.equals("11 and 00");
        };
        if (!right) {
            throw new AssertionError(adopted + ": " + heard);
        }
    }

    @Test
    void beginningAndEndAreToldToWhoeverHasTheChannelThen() {
        Interleavings.ofPair(AdoptionLincheckTest.class);
    }
}
