package io.muxpool.internal.mux.wire;

import java.io.IOException;

/** Bytes that the protocol does not allow. What follows them cannot be trusted: close the socket they came from. */
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The message says what came, and where. */
    public ProtocolException(String message) {
        super(message);
    }
}
