package io.muxpool.stress.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.internal.mux.wire.MuxMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The inputs to begin with, where Jazzer looks for them; {@link #main} writes them anew. */
final class Seeds {
    static final String WIRE = "WireFuzzTestInputs";
    static final String CLIENT = "ClientFuzzTestInputs";
    static final String SERVER = "ServerFuzzTestInputs";

    private Seeds() {}

    /** Seeds by their file names, of each fuzz test by its directory. */
    static Map<String, Map<String, byte[]>> all() {
        return Map.of(WIRE, wire(), CLIENT, client(), SERVER, server());
    }

    private static Map<String, byte[]> client() {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        for (ClientSeed seed : ClientSeed.all()) {
            seeds.put(seed.name(), seed.play().toBytes());
        }
        return seeds;
    }

    private static Map<String, byte[]> server() {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        for (ServerSeed seed : ServerSeed.all()) {
            seeds.put(seed.name(), seed.play().toBytes());
        }
        return seeds;
    }

    /** A frame of each kind, and all of them as a stream. */
    private static Map<String, byte[]> wire() {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (MuxMessage message : muxMessages()) {
            ByteBuffer out = ByteBuffer.allocate(message.frameSize());
            message.encode(out);
            stream.writeBytes(out.array());
            seeds.put("mux-" + nameOf(message), out.array());
        }
        for (ChannelMessage message : channelMessages()) {
            ByteBuffer out = ByteBuffer.allocate(message.frameSize());
            message.encode(out);
            stream.writeBytes(out.array());
            Object kind = message instanceof ChannelMessage.Request request ? request.request() : message;
            seeds.put("channel-" + nameOf(kind), out.array());
        }
        seeds.put("stream", stream.toByteArray());
        return seeds;
    }

    private static String nameOf(Object message) {
        return message.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    private static List<MuxMessage> muxMessages() {
        return List.of(
                new MuxMessage.Hello(4, Map.of("a-new@extension", "0")),
                new MuxMessage.AliveCheck(1),
                new MuxMessage.Alive(1, 4711),
                new MuxMessage.Terminate(1),
                new MuxMessage.StopListening(1),
                new MuxMessage.Proxy(1),
                new MuxMessage.ProxyOk(1),
                new MuxMessage.Ok(1),
                new MuxMessage.PermissionDenied(1, "not today"),
                new MuxMessage.Failure(1, "unsupported"));
    }

    private static List<ChannelMessage> channelMessages() {
        ByteBuffer payload = ByteBuffer.wrap("some output\n".getBytes(UTF_8));
        return List.of(
                new ChannelMessage.Open(0, 2_097_152, 32_768),
                new ChannelMessage.OpenedByServer("forwarded-tcpip", 0, 2_097_152, 32_768),
                new ChannelMessage.OpenConfirmation(0, 7, 0, 32_768),
                new ChannelMessage.OpenFailure(0, 4, "no more sessions"),
                new ChannelMessage.WindowAdjust(0, 2_097_152),
                new ChannelMessage.Data(0, payload),
                new ChannelMessage.ExtendedData(0, ChannelMessage.ExtendedData.STDERR, payload),
                new ChannelMessage.Eof(0),
                new ChannelMessage.Close(0),
                new ChannelMessage.Success(0),
                new ChannelMessage.Failure(0),
                request(new ChannelRequest.Env("LANG", "C.UTF-8")),
                request(new ChannelRequest.Exec("echo hi")),
                request(new ChannelRequest.Subsystem("sftp")),
                request(new ChannelRequest.PtyReq("xterm", 80, 24)),
                request(new ChannelRequest.WindowChange(132, 50)),
                request(new ChannelRequest.Signal("TERM")),
                request(new ChannelRequest.ExitStatus(3)),
                request(new ChannelRequest.ExitSignal("KILL", true, "killed", "en")),
                request(new ChannelRequest.EndOfWrite()),
                request(new ChannelRequest.Unknown("keepalive@openssh.com", ByteBuffer.allocate(0))));
    }

    private static ChannelMessage request(ChannelRequest request) {
        return new ChannelMessage.Request(0, true, request);
    }

    /**
     * Writes the files.
     *
     * @param words the directory of this package in the test resources
     */
    public static void main(String[] words) throws IOException {
        Path base = Path.of(words[0]);
        for (Map.Entry<String, Map<String, byte[]>> test : all().entrySet()) {
            Path directory = Files.createDirectories(base.resolve(test.getKey()));
            for (Map.Entry<String, byte[]> seed : test.getValue().entrySet()) {
                Files.write(directory.resolve(seed.getKey()), seed.getValue());
            }
        }
    }
}
