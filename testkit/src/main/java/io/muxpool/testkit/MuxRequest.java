package io.muxpool.testkit;

import java.util.Arrays;
import java.util.Optional;

/** The requests of OpenSSH's multiplexing protocol that a {@link FakeMaster} knows. */
public enum MuxRequest {
    /** Each side's first message, sent without waiting for the other's. */
    HELLO(0x00000001),
    /** Asks for the master's process id. */
    ALIVE_CHECK(0x10000004),
    /** Asks the master to end at once. */
    TERMINATE(0x10000005),
    /** Asks the master to give up its socket and to end after its last session. */
    STOP_LISTENING(0x10000009),
    /** Asks for the connection to become a stream of channel messages. */
    PROXY(0x1000000f);

    static final int OK = 0x80000001;
    static final int PERMISSION_DENIED = 0x80000002;
    static final int FAILURE = 0x80000003;
    static final int ALIVE = 0x80000005;
    static final int PROXY_GRANTED = 0x8000000f;

    private final int code;

    MuxRequest(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static Optional<MuxRequest> of(int code) {
        return Arrays.stream(values()).filter(request -> request.code == code).findFirst();
    }
}
