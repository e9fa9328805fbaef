package io.muxpool.internal.mux;

import io.muxpool.Pty;
import io.muxpool.internal.mux.wire.ChannelRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a command asks for on its channel, in the order it is asked: variables, a terminal, and the request that starts it.
 *
 * @param terminal null for none
 * @param start without a mark in the command line
 * @param marked the command line with a mark in it, given the mark; null when the command has no line that could hold one
 */
public record Script(
        List<ChannelRequest> variables,
        @Nullable ChannelRequest terminal,
        ChannelRequest start,
        @Nullable UnaryOperator<String> marked) {
    /**
     * A line for the login shell.
     *
     * @param marked makes the line that gives the command a mark; null when that cannot be done
     */
    public static Script exec(
            Map<String, String> variables, @Nullable Pty pty, String line, @Nullable UnaryOperator<String> marked) {
        return new Script(
                requests(variables),
                pty == null ? null : new ChannelRequest.PtyReq(pty.term(), pty.columns(), pty.rows()),
                new ChannelRequest.Exec(line),
                marked);
    }

    /** A subsystem of the server's. */
    public static Script subsystem(Map<String, String> variables, String name) {
        return new Script(requests(variables), null, new ChannelRequest.Subsystem(name), null);
    }

    /** The request that starts the command, with the mark in its line. Only where {@link #marked} is there. */
    ChannelRequest markedStart(String mark) {
        UnaryOperator<String> line = marked;
        if (line == null) {
            throw new IllegalStateException("this command has no line that could hold a mark");
        }
        return new ChannelRequest.Exec(line.apply(mark));
    }

    private static List<ChannelRequest> requests(Map<String, String> variables) {
        List<ChannelRequest> requests = new ArrayList<>();
        variables.forEach((name, value) -> requests.add(new ChannelRequest.Env(name, value)));
        return List.copyOf(requests);
    }
}
