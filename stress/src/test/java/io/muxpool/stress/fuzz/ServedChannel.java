package io.muxpool.stress.fuzz;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.testkit.Fields;
import io.muxpool.testkit.Frame;
import io.muxpool.testkit.Visitor;
import java.util.ArrayList;
import java.util.List;

/** What was said on one channel of a fake server, both ways. Guarded by its {@link Ledger}. */
final class ServedChannel {
    private static final int NONE = -1;
    private static final int PACKET = 32_768;

    private final Visitor visitor;
    private final int number;

    // What the server said.
    private int serverNumber = NONE;
    private boolean answered;
    private boolean closedByServer;
    private long output;
    private final List<Long> statuses = new ArrayList<>();
    private final List<String> signals = new ArrayList<>();
    private final List<Boolean> replies = new ArrayList<>();

    // What the client said.
    private boolean closedByClient;
    private int questions;
    private int commandAt = NONE;
    private String command = "";

    /** @param number the client's */
    ServedChannel(Visitor visitor, int number) {
        this.visitor = visitor;
        this.number = number;
    }

    Visitor visitor() {
        return visitor;
    }

    int number() {
        return number;
    }

    /** Whether the server would not open it. */
    boolean refused() {
        return answered && serverNumber == NONE;
    }

    /** Whether nothing is left of it, as far as the server knows. */
    boolean over() {
        return answered && (serverNumber == NONE || (closedByServer && closedByClient));
    }

    boolean is(Visitor other, int itsServerNumber) {
        return visitor == other && serverNumber == itsServerNumber && !closedByClient;
    }

    void heard(Frame message) {
        if (message.type() == Frame.CLOSE) {
            closedByClient = true;
        } else if (message.type() == Frame.REQUEST) {
            if (message.isRequest("exec") || message.isRequest("subsystem")) {
                command = message.requestFields().text();
                commandAt = questions;
            }
            if (message.wantReply()) {
                questions++;
            }
        }
    }

    void said(Frame message) {
        Fields fields = message.fields();
        fields.uint32();
        switch (message.type()) {
            case Frame.OPEN_CONFIRMATION -> {
                answered = true;
                serverNumber = fields.channelNumber();
            }
            case Frame.OPEN_FAILURE -> answered = true;
            case Frame.DATA -> output += fields.string().length;
            case Frame.CLOSE -> closedByServer = true;
            case Frame.SUCCESS, Frame.FAILURE -> replies.add(message.type() == Frame.SUCCESS);
            case Frame.REQUEST -> {
                if (message.isRequest("exit-status")) {
                    statuses.add(message.requestFields().uint32());
                } else if (message.isRequest("exit-signal")) {
                    signals.add(message.requestFields().text());
                }
            }
            default -> {
                // Says nothing of a command.
            }
        }
    }

    /** Whether this carried the command, which has a mark. */
    boolean carried(String mark) {
        return command.contains(mark);
    }

    /** Whether the command may have been called off: replies are told apart by their order alone. */
    boolean refusedTheCommand() {
        return replies.size() > commandAt && !replies.get(commandAt);
    }

    boolean toldStatus(int status, boolean lowByteOnly) {
        return statuses.stream().anyMatch(told -> told == status || (lowByteOnly && (told & 0xff) == status));
    }

    boolean toldSignal(String name) {
        return signals.contains(name);
    }

    boolean toldAnEnd() {
        return !statuses.isEmpty() || !signals.isEmpty();
    }

    long output() {
        return output;
    }

    /** What is still to be said so that it ends. */
    List<ChannelMessage> farewell(int itsServerNumber) {
        List<ChannelMessage> messages = new ArrayList<>();
        if (!answered) {
            messages.add(new ChannelMessage.OpenConfirmation(number, itsServerNumber, 0, PACKET));
        }
        if (!closedByServer) {
            messages.add(new ChannelMessage.Close(number));
        }
        return messages;
    }

    @Override
    public String toString() {
        return number + " as " + serverNumber + " answered " + answered + " closedS " + closedByServer + " closedC "
                + closedByClient + " " + command + " " + replies + statuses;
    }
}
