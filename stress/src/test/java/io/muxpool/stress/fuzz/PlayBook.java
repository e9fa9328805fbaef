package io.muxpool.stress.fuzz;

import io.muxpool.TransportKind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes what {@link Play} reads. */
final class PlayBook {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private PlayBook(int greeting, int errands, int cut) {
        bytes.write(greeting);
        bytes.write(errands);
        bytes.write(cut);
    }

    /** For a master that greets as it should. */
    static PlayBook of(Errand first, Errand second) {
        return cutBehind(0, first, second);
    }

    /** For one that says each message in two parts. */
    static PlayBook cutBehind(int cut, Errand first, Errand second) {
        return new PlayBook(0, numbers(first, second), cut);
    }

    /** For a server, which hangs up in that manner. */
    static PlayBook server(TransportKind transport, int manner, Errand first, Errand second) {
        return new PlayBook(transport == TransportKind.PROCESS ? 1 : 0, numbers(first, second), manner);
    }

    private static int numbers(Errand first, Errand second) {
        return Errand.ALL.indexOf(first) + Errand.ALL.size() * Errand.ALL.indexOf(second);
    }

    /** For one that says this in place of a greeting. */
    static PlayBook greeting(int greeting, byte[] said) {
        PlayBook book = new PlayBook(greeting, 0, 0);
        book.bytes.writeBytes(said);
        return book;
    }

    PlayBook then(Move move, int... operands) {
        bytes.write(move.code());
        for (int operand : operands) {
            bytes.write(operand);
        }
        return this;
    }

    PlayBook raw(byte... said) {
        then(Move.RAW, said.length);
        bytes.writeBytes(said);
        return this;
    }

    /** Of a server: a message of any type. */
    PlayBook message(int type, String payload) {
        then(Move.RAW, 1 + payload.length(), type);
        bytes.writeBytes(payload.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    PlayBook frame(int type, int channel, String payload) {
        then(Move.FRAME, type - 90, channel, payload.length());
        bytes.writeBytes(payload.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    PlayBook awaitAll(int frames) {
        for (int i = 0; i < frames; i++) {
            then(Move.AWAIT);
        }
        return this;
    }

    /** Confirms a channel under its own number. */
    PlayBook confirm(int channel, long window) {
        return then(Move.CONFIRM, channel, channel, size(window), size(32_768));
    }

    PlayBook adjust(int channel, long window) {
        return then(Move.ADJUST, channel, size(window));
    }

    static int size(long window) {
        return Play.SIZES.indexOf(window);
    }

    byte[] toBytes() {
        return bytes.toByteArray();
    }
}
