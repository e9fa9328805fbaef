package io.muxpool.internal.process;

import io.muxpool.NotStartedException;
import io.muxpool.internal.text.Printable;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Finds programs the way execvp(3) does. */
public final class Programs {
    private Programs() {}

    /**
     * Makes sure that the ssh program is there, before anything else is tried with it.
     *
     * @throws NotStartedException naming it, and how to install it
     */
    public static void requireSsh(String program) {
        if (find(program).isEmpty()) {
            String where = program.contains("/") ? "there is no such executable file" : "it is not in PATH";
            throw new NotStartedException(
                    "ssh program '" + Printable.of(program) + "' not found: " + where
                            + ". Install the OpenSSH client (Debian, Ubuntu: apt-get install openssh-client; Fedora: dnf"
                            + " install openssh-clients; Alpine: apk add openssh-client; macOS has it), or name another"
                            + " program with sshProgram (--ssh-program)",
                    false,
                    null);
        }
    }

    /** The executable that {@code program} names: itself when it holds a slash, else the first in {@code PATH}. */
    public static Optional<Path> find(String program) {
        try {
            if (program.contains("/")) {
                return Optional.of(Path.of(program)).filter(Programs::isProgram);
            }
            String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
            for (String directory : path.split(File.pathSeparator, -1)) {
                Path candidate = Path.of(directory.isEmpty() ? "." : directory, program);
                if (isProgram(candidate)) {
                    return Optional.of(candidate);
                }
            }
            return Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static boolean isProgram(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
    }
}
