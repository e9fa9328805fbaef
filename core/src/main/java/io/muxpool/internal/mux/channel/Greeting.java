package io.muxpool.internal.mux.channel;

import io.muxpool.internal.mux.wire.MuxMessage;
import io.muxpool.internal.mux.wire.ProtocolException;

/** What a master says before it speaks of channels: hello, and the answer to our wish for proxy mode. The loop's own. */
final class Greeting {
    private boolean helloSeen;
    private boolean over;

    /** Whether the master has taken us on. */
    boolean isOver() {
        return over;
    }

    /** Hears one message; throws when the master will not, or is none. */
    void heard(MuxMessage message) throws ProtocolException {
        if (!helloSeen) {
            if (!(message instanceof MuxMessage.Hello hello) || hello.version() != MuxMessage.Hello.VERSION) {
                throw new ProtocolException("not the multiplexing protocol, version 4: " + message);
            }
            helloSeen = true;
        } else if (message instanceof MuxMessage.ProxyOk) {
            over = true;
        } else if (message instanceof MuxMessage.Failure failure) {
            throw new ProtocolException("the master refuses proxy mode: " + failure.reason());
        } else if (message instanceof MuxMessage.PermissionDenied denied) {
            throw new ProtocolException("the master denies proxy mode: " + denied.reason());
        } else {
            throw new ProtocolException("the master answered the request for proxy mode with " + message);
        }
    }
}
