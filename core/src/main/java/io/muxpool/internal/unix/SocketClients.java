package io.muxpool.internal.unix;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Who is connected to a listening socket of ours: the kernel tells, without connecting to it. */
public final class SocketClients {
    private static final Path TABLE = Path.of("/proc/net/unix");

    /** Num, RefCount, Protocol, Flags, Type, State and Inode stand in front of the path. */
    private static final int BEFORE_PATH = 7;

    private static final int STATE = 5;
    private static final String CONNECTED = "03";

    /** A master binds its socket under a name with this behind it, and then links it into place (mux.c). */
    private static final Pattern BOUND_SUFFIX = Pattern.compile("\\.[A-Za-z0-9]{16}");

    private SocketClients() {}

    /**
     * How many connections it has, one whose client has just gone included until its server has seen that.
     *
     * @return empty where the kernel does not tell (not Linux, or another network namespace's socket)
     */
    public static OptionalInt count(Path socket) {
        String name = socket.toAbsolutePath().toString();
        boolean listening = false;
        int connected = 0;
        try (Stream<String> lines = Files.lines(TABLE, StandardCharsets.ISO_8859_1)) {
            // As the kernel has them: bytes.
            String bytes = new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            for (String line : (Iterable<String>) lines::iterator) {
                String[] columns = line.trim().split("\\s+", BEFORE_PATH + 1);
                if (columns.length > BEFORE_PATH && isOf(columns[BEFORE_PATH], bytes)) {
                    boolean client = columns[STATE].equals(CONNECTED);
                    listening |= !client;
                    connected += client ? 1 : 0;
                }
            }
        } catch (IOException | java.io.UncheckedIOException e) {
            return OptionalInt.empty();
        }
        return listening || connected > 0 ? OptionalInt.of(connected) : OptionalInt.empty();
    }

    private static boolean isOf(String bound, String name) {
        return bound.startsWith(name)
                && (bound.length() == name.length()
                        || BOUND_SUFFIX.matcher(bound.substring(name.length())).matches());
    }
}
