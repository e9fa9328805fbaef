package io.muxpool.internal.mux.wire;

/** The numbers of PROTOCOL.mux, section 11; the two of proxy mode stand in mux.c alone. */
final class MuxType {
    static final int HELLO = 0x0000_0001;

    static final int ALIVE_CHECK = 0x1000_0004;
    static final int TERMINATE = 0x1000_0005;
    static final int STOP_LISTENING = 0x1000_0009;
    static final int PROXY = 0x1000_000f;

    static final int OK = 0x8000_0001;
    static final int PERMISSION_DENIED = 0x8000_0002;
    static final int FAILURE = 0x8000_0003;
    static final int ALIVE = 0x8000_0005;
    static final int PROXY_OK = 0x8000_000f;

    private MuxType() {}
}
