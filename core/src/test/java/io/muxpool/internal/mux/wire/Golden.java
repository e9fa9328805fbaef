package io.muxpool.internal.mux.wire;

import io.muxpool.Job;
import io.muxpool.internal.process.SshVersion;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Frames that a real master and a real sshd sent and took, from {@code golden.txt}. To record them anew, run {@link
 * RealMasterTest} with {@code -Dmuxpool.golden=FILE}.
 *
 * <pre>
 *   # what was done
 *   mux >  hex      from us, before proxy mode
 *   mux &lt;  hex      from the master
 *   ssh >  hex      from us, in proxy mode
 *   ssh &lt;  hex      from the server
 * </pre>
 */
final class Golden {
    private static final HexFormat HEX = HexFormat.of();

    private Golden() {}

    /** A whole frame, its length first. */
    static final class Frame {
        private final boolean proxied;
        private final boolean ours;
        private final byte[] bytes;

        Frame(boolean proxied, boolean ours, byte[] bytes) {
            this.proxied = proxied;
            this.ours = ours;
            this.bytes = bytes.clone();
        }

        boolean proxied() {
            return proxied;
        }

        boolean ours() {
            return ours;
        }

        byte[] bytes() {
            return bytes.clone();
        }

        byte[] body() {
            return Arrays.copyOfRange(bytes, 4, bytes.length);
        }

        /** What a body like this decodes to. */
        Object decode(byte[] body) throws ProtocolException {
            ByteBuffer in = ByteBuffer.wrap(body);
            return proxied ? ChannelMessage.decode(in) : MuxMessage.decode(in);
        }

        Object message() {
            try {
                return decode(body());
            } catch (ProtocolException e) {
                throw new UncheckedIOException(this.toString(), e);
            }
        }

        @Override
        public String toString() {
            return (proxied ? "ssh " : "mux ") + (ours ? "> " : "< ") + HEX.formatHex(bytes);
        }

        private static Frame parse(String line) {
            return new Frame(line.startsWith("ssh "), line.charAt(4) == '>', HEX.parseHex(line.substring(6)));
        }
    }

    static List<Frame> frames() {
        List<Frame> frames = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(Golden.class.getResourceAsStream("golden.txt"));
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            lines.lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .map(Frame::parse)
                    .forEach(frames::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return frames;
    }

    static void write(Path file, Map<String, List<Frame>> talks) throws IOException {
        List<String> lines = new ArrayList<>();
        SshVersion version = SshVersion.of("ssh", Job.create());
        lines.add("# Recorded with OpenSSH %d.%d; see Golden.".formatted(version.major(), version.minor()));
        talks.forEach((title, frames) -> {
            lines.add("# " + title);
            frames.forEach(frame -> lines.add(frame.toString()));
        });
        Files.write(file, lines);
    }

    static byte[] encode(Object message) {
        ByteBuffer out;
        if (message instanceof MuxMessage mux) {
            out = ByteBuffer.allocate(mux.frameSize());
            mux.encode(out);
        } else {
            ChannelMessage channel = (ChannelMessage) message;
            out = ByteBuffer.allocate(channel.frameSize());
            channel.encode(out);
        }
        if (out.hasRemaining()) {
            throw new AssertionError(message + " is " + out.remaining() + " bytes shorter than it said");
        }
        return out.array();
    }
}
