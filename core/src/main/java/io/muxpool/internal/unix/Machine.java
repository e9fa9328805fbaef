package io.muxpool.internal.unix;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which machine this is, as far as it can be told without asking the network: for files in a home that several machines
 * share.
 *
 * @param host its name; empty when not known
 * @param boot a number that the kernel draws at each start, the same in all containers on it; empty when not known
 */
public record Machine(String host, String boot) {
    private static final Machine THIS =
            new Machine(read("/proc/sys/kernel/hostname"), read("/proc/sys/kernel/random/boot_id"));

    /** The machine that this process runs on. */
    public static Machine current() {
        return THIS;
    }

    /**
     * Whether a process that noted this ran, beyond doubt, where this one runs. The name alone tells when the kernel was
     * started again in between, unless it is one that many machines have.
     */
    public boolean isCurrent() {
        if (host.isEmpty() && boot.isEmpty()) {
            // Noted by nobody, or on a system that tells neither.
            return true;
        }
        return (!boot.isEmpty() && boot.equals(THIS.boot))
                || (host.equals(THIS.host) && !host.startsWith("localhost"))
                || (boot.isEmpty() && THIS.boot.isEmpty() && host.equals(THIS.host));
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
