package io.muxpool.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Standard output for what a program reads: UTF-8 in every locale, and a write that fails is an error. */
final class Stdout {
    private Stdout() {}

    /** @throws UncheckedIOException when it cannot be written, as on a full disk */
    static void line(String text) {
        try {
            OwnOutput.stdout().write((text + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("standard output cannot be written: " + e.getMessage(), e);
        }
    }
}
