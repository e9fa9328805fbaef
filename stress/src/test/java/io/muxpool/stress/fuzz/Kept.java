package io.muxpool.stress.fuzz;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.internal.mux.wire.MuxMessage;

/**
 * How much of a body must be written as it was read. All of it, but for what reading passes over: text that is not
 * UTF-8, a hello's name that comes twice, a refusal's language, what a channel's type adds to its OPEN, a terminal's
 * pixels and modes.
 */
final class Kept {
    private static final String NOT_UTF_8 = "\uFFFD";
    private static final int EMPTY_TEXT = 4;

    private Kept() {}

    /**
     * How many bytes.
     *
     * @param written the size of the body as it is written
     * @param read as it was read
     */
    static int of(MuxMessage message, int written, int read) {
        boolean twice = message instanceof MuxMessage.Hello && written < read;
        return twice || message.toString().contains(NOT_UTF_8) ? 0 : written;
    }

    static int of(ChannelMessage message, int written) {
        if (message instanceof ChannelMessage.OpenFailure failure) {
            return failure.description().contains(NOT_UTF_8) ? 0 : written - EMPTY_TEXT;
        }
        if (message instanceof ChannelMessage.Request request) {
            return of(request.request(), written);
        }
        return message.toString().contains(NOT_UTF_8) ? 0 : written;
    }

    private static int of(ChannelRequest request, int written) {
        boolean sized = request instanceof ChannelRequest.PtyReq || request instanceof ChannelRequest.WindowChange;
        return sized || request.toString().contains(NOT_UTF_8) ? 0 : written;
    }
}
