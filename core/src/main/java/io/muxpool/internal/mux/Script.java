package io.muxpool.internal.mux;

import io.muxpool.Pty;
import io.muxpool.internal.mux.wire.ChannelRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a command asks for on its channel, in the order it is asked: variables, a terminal, and the one that starts it.
 *
 * @param terminal null for none
 */
public record Script(
        List<ChannelRequest> variables, @Nullable ChannelRequest terminal, ChannelRequest start) {
    /** A line for the login shell. */
    public static Script exec(Map<String, String> variables, @Nullable Pty pty, String line) {
        return new Script(
                requests(variables),
                pty == null ? null : new ChannelRequest.PtyReq(pty.term(), pty.columns(), pty.rows()),
                new ChannelRequest.Exec(line));
    }

    /** A subsystem of the server's. */
    public static Script subsystem(Map<String, String> variables, String name) {
        return new Script(requests(variables), null, new ChannelRequest.Subsystem(name));
    }

    private static List<ChannelRequest> requests(Map<String, String> variables) {
        List<ChannelRequest> requests = new ArrayList<>();
        variables.forEach((name, value) -> requests.add(new ChannelRequest.Env(name, value)));
        return List.copyOf(requests);
    }
}
