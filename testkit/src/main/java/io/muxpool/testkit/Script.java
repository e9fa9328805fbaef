package io.muxpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A polite server for the clients of a {@link FakeMaster}, and where it is to deviate.
 *
 * <p>It confirms every session; answers {@code exec} with a success, the output that the client's window has room for,
 * the end of the command, EOF and CLOSE; tops the client's window up; refuses what it does not know; and closes what the
 * client closes. It is strict as sshd is: data past the window, a wrong recipient, anything after a CLOSE or of a type
 * that is no channel message ends the connection, and the master complains. Configure it before it serves.
 */
public final class Script {

    /** Sees a frame before the polite server does. */
    @FunctionalInterface
    public interface Hook {

        /**
         * Deals with a frame, on the script's thread.
         *
         * @param clientId the client's number of the channel that the frame is about
         * @return whether that was all: if not, the polite server goes on as if nothing had been
         */
        boolean handle(Attached client, int clientId, Frame frame);
    }

    private final Map<Integer, Hook> byType = new HashMap<>();
    private final Map<String, Hook> byRequest = new HashMap<>();
    private byte[] stdout = new byte[0];
    private byte[] stderr = new byte[0];
    private long status;
    private @Nullable String signal;
    private boolean endless;

    private Script() {}

    /** A script whose commands write nothing and exit with 0. */
    public static Script polite() {
        return new Script();
    }

    /** What every command writes to stdout. */
    public Script stdout(byte[] bytes) {
        stdout = bytes.clone();
        return this;
    }

    /** What every command writes to stdout, in UTF-8. */
    public Script stdout(String text) {
        return stdout(text.getBytes(UTF_8));
    }

    /** What every command writes to stderr, after its stdout. */
    public Script stderr(byte[] bytes) {
        stderr = bytes.clone();
        return this;
    }

    /** What every command writes to stderr, in UTF-8, after its stdout. */
    public Script stderr(String text) {
        return stderr(text.getBytes(UTF_8));
    }

    /** What every command exits with. */
    public Script exit(long exitStatus) {
        status = exitStatus;
        return this;
    }

    /**
     * Lets every command die of a signal instead of exiting.
     *
     * @param name without {@code SIG}, such as {@code KILL}
     */
    public Script diesOf(String name) {
        signal = name;
        return this;
    }

    /** Lets commands run, once they wrote their output, until the client sends a signal; they die of that one. */
    public Script runsUntilSignalled() {
        endless = true;
        return this;
    }

    /**
     * Adds a hook for all frames of a type.
     *
     * @param type such as {@link Frame#OPEN}
     */
    public Script on(int type, Hook hook) {
        byType.put(type, hook);
        return this;
    }

    /** Adds a hook for all requests of a name, such as {@code exec}; it comes before one for all requests. */
    public Script onRequest(String name, Hook hook) {
        byRequest.put(name, hook);
        return this;
    }

    byte[] stdout() {
        return stdout;
    }

    byte[] stderr() {
        return stderr;
    }

    long status() {
        return status;
    }

    @Nullable String signal() {
        return signal;
    }

    boolean endless() {
        return endless;
    }

    /** Whether a hook dealt with the frame. */
    boolean handled(Attached client, int clientId, Frame frame) {
        Hook request = frame.type() == Frame.REQUEST ? byRequest.get(frame.requestName()) : null;
        Hook any = byType.get(frame.type());
        return (request != null && request.handle(client, clientId, frame))
                || (any != null && any.handle(client, clientId, frame));
    }
}
