package io.muxpool.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a file of this side has beside its bytes.
 *
 * @param mode permission bits, with those for set-id and sticky
 */
record LocalAttributes(int mode, int uid, int gid) {
    private static final int BITS = 07777;

    /** Of a file, links followed; empty where this system has no such attributes. */
    static Optional<LocalAttributes> of(Path file) throws IOException {
        if (!isUnix(file)) {
            return Optional.empty();
        }
        Map<String, Object> told = Files.readAttributes(file, "unix:mode,uid,gid");
        return Optional.of(new LocalAttributes(number(told, "mode") & BITS, number(told, "uid"), number(told, "gid")));
    }

    private static int number(Map<String, Object> told, String name) {
        return (Integer) Objects.requireNonNull(told.get(name));
    }

    private static boolean isUnix(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    static void setMode(Path file, int mode) throws IOException {
        if (isUnix(file)) {
            Files.setAttribute(file, "unix:mode", mode);
        }
    }

    /** Gives a file to another owner and group; returns whether that was allowed. */
    boolean own(Path file) {
        try {
            Files.setAttribute(file, "unix:gid", gid);
            Files.setAttribute(file, "unix:uid", uid);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Gives a part what it can of the target's access control list and extended attributes, and tells what is beside it. */
    static Beside carryOver(Path part, Path target) throws InterruptedException {
        String said = LocalShell.output("sh", "-c", Beside.ALONE, "sh", part.toString(), "", target.toString());
        return Beside.of(said.lines().toList());
    }
}
