package io.muxpool.internal.stream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where this process stands among the jobs of its terminal, which Linux tells in {@code /proc}. */
final class JobControl {
    private JobControl() {}

    /**
     * Whether this process is a job in the background of a shell that can bring it to the foreground. Only where that can be
     * read, which is on Linux; else false.
     */
    static boolean isInBackground() {
        try {
            Stat own = Stat.of("self");
            if (own.terminal == 0 || own.foreground <= 0 || own.foreground == own.group) {
                return false;
            }
            // The shell is the parent of the job's first process, and in the same session. Without one, nobody can.
            Stat first = Stat.of(Long.toString(own.group));
            Stat shell = Stat.of(Long.toString(first.parent));
            return shell.session == own.session && shell.group != own.group;
        } catch (IOException | RuntimeException e) {
            // No /proc, or a process of these has ended.
            return false;
        }
    }

    private record Stat(long parent, long group, long session, long terminal, long foreground) {
        /** See proc(5). The name in front may hold anything, also parentheses. */
        static Stat of(String process) throws IOException {
            String line = Files.readString(Path.of("/proc", process, "stat"), StandardCharsets.ISO_8859_1);
            List<Long> fields = List.of(
                            line.substring(line.lastIndexOf(") ") + 4).strip().split(" ", 6))
                    .stream()
                    .limit(5)
                    .map(Long::valueOf)
                    .toList();
            return new Stat(fields.get(0), fields.get(1), fields.get(2), fields.get(3), fields.get(4));
        }
    }
}
