package io.muxpool.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which OpenSSH the tests use: the system's, or that of a directory which the script {@code testkit/newer-openssh} made
 * and the environment variable {@code MUXPOOL_OPENSSH_ROOT} or the system property {@code muxpool.openssh.root} names.
 */
public final class Ssh {

    private static final String VARIABLE = "MUXPOOL_OPENSSH_ROOT";
    private static final String PROPERTY = "muxpool.openssh.root";
    private static final List<String> SYSTEM_DIRECTORIES =
            List.of("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin");

    private Ssh() {}

    /**
     * The client program: {@code ssh}, or the path of another one.
     *
     * @throws IllegalStateException if the directory that was named holds none
     */
    public static String program() {
        return program(root());
    }

    /** The directory of the OpenSSH to use instead of the system's, if one was named; the property goes first. */
    public static Optional<Path> root() {
        @Nullable String property = System.getProperty(PROPERTY);
        @Nullable String named = property != null ? property : System.getenv(VARIABLE);
        return Optional.ofNullable(named).filter(text -> !text.isEmpty()).map(Path::of);
    }

    static String program(Optional<Path> root) {
        return root.map(directory -> in(directory, "usr/bin/ssh").toString()).orElse("ssh");
    }

    /** The server program, as an absolute path. */
    static Path server(Optional<Path> root) {
        if (root.isPresent()) {
            return in(root.get(), "usr/sbin/sshd");
        }
        return Processes.findProgram("sshd", SYSTEM_DIRECTORIES)
                .orElseThrow(() -> new IllegalStateException("No sshd in " + String.join(", ", SYSTEM_DIRECTORIES)
                        + " or on the PATH: install the OpenSSH server, ./check does it for you"));
    }

    /** Lines for sshd_config: from 9.8 on, sshd calls others of its programs by absolute paths. */
    static List<String> serverOptions(Optional<Path> root) {
        List<String> lines = new ArrayList<>();
        root.ifPresent(directory -> {
            addIfThere(lines, "SshdSessionPath", directory.resolve("usr/lib/openssh/sshd-session"));
            addIfThere(lines, "SshdAuthPath", directory.resolve("usr/lib/openssh/sshd-auth"));
        });
        return lines;
    }

    private static void addIfThere(List<String> lines, String keyword, Path program) {
        if (Files.exists(program)) {
            lines.add(keyword + " " + program.toAbsolutePath());
        }
    }

    private static Path in(Path root, String name) {
        Path program = root.resolve(name).toAbsolutePath();
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException("No " + program + ": " + VARIABLE + " or " + PROPERTY
                    + " must name a directory that testkit/newer-openssh made");
        }
        return program;
    }
}
