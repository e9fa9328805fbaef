package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The keys of all real servers of this JVM, made by {@code ssh-keygen} at first use: one key each would cost every
 * server some processes, and no test gains by it.
 */
final class SshKeys {

    /** A key pair as the texts of its two files. */
    record Key(String privateFile, String publicFile) {

        /** The public key without its comment: {@code type base64}. */
        String publicKey() {
            return publicFile.strip();
        }
    }

    private static final class Holder {
        private static final SshKeys KEYS = generate();
    }

    private final Key host;
    private final Key user;
    private final Key stranger;

    private SshKeys(Key host, Key user, Key stranger) {
        this.host = host;
        this.user = user;
        this.stranger = stranger;
    }

    static SshKeys shared() {
        return Holder.KEYS;
    }

    Key host() {
        return host;
    }

    Key user() {
        return user;
    }

    /** A key nobody knows: the wrong host's, or a user's that no server lets in. */
    Key stranger() {
        return stranger;
    }

    private static SshKeys generate() {
        try (ShortTemp temp = ShortTemp.create()) {
            return new SshKeys(
                    generate(temp.resolve("host")), generate(temp.resolve("user")), generate(temp.resolve("stranger")));
        }
    }

    private static Key generate(Path file) {
        Path program = Processes.findProgram("ssh-keygen", List.of("/usr/bin"))
                .orElseThrow(() -> new IllegalStateException(
                        "No ssh-keygen on the PATH: install OpenSSH, ./check does it for you"));
        try {
            Process process = new ProcessBuilder(
                            program.toString(), "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            int exit = Await.exitOf(process, Duration.ofSeconds(20));
            if (exit != 0) {
                throw new IllegalStateException(program + " failed with exit status " + exit);
            }
            return new Key(Files.readString(file), Files.readString(file.resolveSibling(file.getFileName() + ".pub")));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot make a key with " + program, e);
        }
    }
}
