package io.muxpool.copy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Holes in a file of this side, as runs of zeros. Java does not tell of holes, so such a file is read for them. */
final class Holes {
    // A smaller file is not worth a process that finds out.
    private static final long LEAST = 32L * 1024 * 1024;

    private Holes() {}

    /** Runs that are nothing but zeros, of a file that takes less room on its disk than it is long; else none. */
    static List<Runs.Run> of(Path path, LocalFile file) throws IOException, InterruptedException {
        if (file.size() < LEAST || file.isSpooled() || allocated(path) > file.size() - Runs.LENGTH) {
            return List.of();
        }
        List<Runs.Run> holes = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.allocateDirect(Runs.LENGTH);
        for (long at = 0; at < file.size(); at += Runs.LENGTH) {
            int length = (int) Math.min(Runs.LENGTH, file.size() - at);
            if (read(file.channel(), buffer.clear().limit(length), at) && Zeros.areAll(buffer.flip())) {
                holes.add(new Runs.Run(at, length));
            }
        }
        return List.copyOf(holes);
    }

    private static boolean read(FileChannel file, ByteBuffer buffer, long at) throws IOException {
        while (buffer.hasRemaining()) {
            if (file.read(buffer, at + buffer.position()) < 0) {
                return false;
            }
        }
        return true;
    }

    /** The bytes that a file takes on its disk; a very large number when that cannot be told. */
    private static long allocated(Path path) throws InterruptedException {
        String[] words = LocalShell.output("du", "-k", path.toString()).split("\\s", 2);
        try {
            return Long.parseLong(words[0]) * 1024;
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
