package io.muxpool;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The login shells that Debian packages, as far as they are installed. */
public enum RealShell {
    BASH("bash", LoginShell.POSIX),
    DASH("dash", LoginShell.POSIX),
    ZSH("zsh", LoginShell.POSIX),
    KSH93("ksh93", LoginShell.POSIX),
    MKSH("mksh", LoginShell.POSIX),
    ASH("busybox", LoginShell.POSIX),
    YASH("yash", LoginShell.POSIX),
    POSH("posh", LoginShell.POSIX),
    RBASH("rbash", LoginShell.POSIX),
    FISH("fish", LoginShell.FISH),
    TCSH("tcsh", LoginShell.CSH),
    CSH("bsd-csh", LoginShell.CSH),
    RC("rc", LoginShell.RC),
    ELVISH("elvish", LoginShell.ELVISH),
    NOLOGIN("nologin", LoginShell.OTHER);

    private final String program;
    private final LoginShell kind;

    RealShell(String program, LoginShell kind) {
        this.program = program;
        this.kind = kind;
    }

    /** What the probe must find. */
    public LoginShell kind() {
        return kind;
    }

    /** As people call it. */
    public String title() {
        return switch (this) {
            case ASH -> "busybox ash";
            case CSH -> "csh";
            default -> program;
        };
    }

    private Optional<Path> find() {
        return Stream.of("/bin", "/usr/bin", "/usr/sbin", "/sbin", "/usr/local/bin")
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    public boolean isInstalled() {
        return find().isPresent();
    }

    /** Its file; skips the test aloud where it is not installed. */
    public Path path() {
        Optional<Path> path = find();
        Assumptions.assumeTrue(path.isPresent(), () -> "the package of " + program + " is not installed");
        return path.orElseThrow();
    }

    /**
     * A file that is this shell and nothing else, as an account needs it.
     *
     * @param directory where a link may be made, for others to enter
     */
    public Path asFile(Path directory) throws IOException {
        if (this != ASH) {
            return path();
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        return Files.createSymbolicLink(directory.resolve("ash"), path());
    }

    /** What came of a line. */
    public record Ran(int status, String text, String err) {}

    /** Runs a line here as sshd does it there. The line goes as bytes, so that the JVM's locale has no say. */
    public Ran run(String line, Map<String, String> environment) {
        List<String> words = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" \"$(cat)\"", "sh"));
        // The blank below keeps the substitution from dropping line ends of the line.
        words.add(path().toString());
        if (this == ASH) {
            words.add("ash");
        }
        words.add("-c");
        try {
            Path err = Files.createTempFile("mpk-shell", null);
            try {
                ProcessBuilder builder = new ProcessBuilder(words).redirectError(err.toFile());
                builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.startsWith("LANG"));
                builder.environment().putAll(environment);
                Process process = builder.start();
                try (OutputStream stdin = process.getOutputStream()) {
                    stdin.write((line + " ").getBytes(UTF_8));
                }
                String out = new String(process.getInputStream().readAllBytes(), UTF_8);
                if (!process.waitFor(60, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException(this + " hangs");
                }
                return new Ran(process.exitValue(), out, Files.readString(err, ISO_8859_1));
            } finally {
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
