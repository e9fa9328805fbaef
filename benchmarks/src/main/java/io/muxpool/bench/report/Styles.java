package io.muxpool.bench.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The style sheets, which lie beside this class. */
final class Styles {
    static final String PLOT = read("plot.css");
    static final String PAGE = read("page.css");

    private Styles() {}

    private static String read(String name) {
        try (InputStream in = Objects.requireNonNull(Styles.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(name + " is part of this program", e);
        }
    }
}
