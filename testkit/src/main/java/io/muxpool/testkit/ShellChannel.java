package io.muxpool.testkit;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.channel.ChannelSessionFactory;

/**
 * A session channel that speaks of a command's end as sshd does: with exit-signal after a death by signal, with an exit
 * status before the last output is through, and with a prompt kill when the client hangs up.
 */
final class ShellChannel extends ChannelSession {

    static final ChannelSessionFactory FACTORY = new ChannelSessionFactory() {
        @Override
        public Channel createChannel(Session session) {
            return new ShellChannel();
        }
    };

    /** What RFC 4254, section 6.10, has names for, by the numbers that Linux and macOS agree on. */
    private static final Map<Integer, String> SIGNALS = Map.of(
            1, "HUP", 2, "INT", 3, "QUIT", 4, "ILL", 6, "ABRT", 8, "FPE", 9, "KILL", 11, "SEGV", 13, "PIPE", 15,
            "TERM");

    /**
     * The name of the signal that an exit value stands for. A command that ends with, say, {@code exit 143} of its own
     * accord is mistaken for one that was terminated: Java, like a shell, tells no difference.
     */
    static Optional<String> signalOf(int exitValue) {
        return Optional.ofNullable(SIGNALS.get(exitValue - 128));
    }

    /** Tells the client how the command ended, once; the channel may go on delivering output. */
    @Override
    protected void sendExitStatus(int exitValue) throws IOException {
        Optional<String> signal = signalOf(exitValue);
        if (signal.isEmpty()) {
            super.sendExitStatus(exitValue);
        } else if (exitStatusSent.compareAndSet(false, true)) {
            Buffer request = request("exit-signal");
            request.putString(signal.get());
            request.putBoolean(false); // no core dump
            request.putString(""); // no message
            request.putString(""); // in no language
            writePacket(request);
        }
    }

    /** Tells an OpenSSH client that the command reads no more input, so that it stops sending. */
    void sendNoMoreInput() throws IOException {
        if (!isClosing() && !exitStatusSent.get()) {
            writePacket(request("eow@openssh.com"));
        }
    }

    /** Kills at once what a client abandons; the superclass would give the command five seconds to end by itself. */
    @Override
    public void handleClose() throws IOException {
        if (commandInstance instanceof ShellCommand command) {
            command.kill();
        }
        super.handleClose();
    }

    private Buffer request(String type) {
        Buffer buffer = getSession().createBuffer(SshConstants.SSH_MSG_CHANNEL_REQUEST, 64);
        buffer.putUInt(getRecipient());
        buffer.putString(type);
        buffer.putBoolean(false); // no reply wanted
        return buffer;
    }
}
