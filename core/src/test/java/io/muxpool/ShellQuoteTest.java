package io.muxpool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class ShellQuoteTest {
    private static final String PRINT_EACH = "printf '%s\\0'";

    private static final String[] NASTY = {
        "'",
        "\"",
        "$",
        "`",
        "\\",
        "\n",
        "\r",
        "\t",
        " ",
        "=",
        "-",
        "~",
        "#",
        "!",
        "*",
        "?",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "<",
        ">",
        "|",
        "&",
        ";",
        "%s",
        "$(echo x)",
        "`echo x`",
        "${HOME}",
        "$$",
        "''",
        "\\\n",
        "\\'",
        "'\"'\"'",
        "\u0001",
        "\u007f",
        "\u0081",
        "\u0088",
        "é",
        "漢字",
        "\uD83D\uDE00",
        "\u2028",
        "\uFEFF",
        "a",
        "Z",
        "0",
        "_@%+:,./-",
        "--",
        "x="
    };

    /** The ways to quote one level that must all bring back the same string. */
    enum Quoting implements UnaryOperator<String> {
        SINGLE {
            @Override
            public String apply(String s) {
                return ShellQuote.single(s);
            }
        },
        DOUBLED {
            @Override
            public String apply(String s) {
                return ShellQuote.doubled(s);
            }
        }
    }

    @Test
    void emptyStringIsTwoQuotes() {
        assertThat(ShellQuote.single("")).isEqualTo("''");
        assertThat(ShellQuote.doubled("")).isEqualTo("\"\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "Z9", "-rf", "/usr/bin/env", "c.d_e", "0", "-", "--", ".."})
    void safeWordsStayBare(String word) {
        assertThat(ShellQuote.single(word)).isEqualTo(word);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=",
                "=a",
                "a=b",
                "a b",
                "~",
                "a~",
                "#",
                "$x",
                "a\n",
                "*",
                "é",
                "a;b",
                "^",
                "{a,b}",
                "\t",
                "%self",
                "50%",
                "user@host:22",
                "a+b",
                "a,b"
            })
    void otherWordsGoInSingleQuotes(String word) {
        assertThat(ShellQuote.single(word)).isEqualTo("'" + word + "'");
    }

    @Test
    void quoteBackslashAndExclamationMarkStandOutsideOfTheQuotesBehindABackslash() {
        assertThat(ShellQuote.single("it's")).isEqualTo("'it'\\''s'");
        assertThat(ShellQuote.single("'")).isEqualTo("\\'");
        assertThat(ShellQuote.single("a\\b!")).isEqualTo("'a'\\\\'b'\\!");
        assertThat(ShellQuote.single("!!")).isEqualTo("\\!\\!");
    }

    @Test
    void doubledEscapesFourCharactersAndNothingElse() {
        assertThat(ShellQuote.doubled("a\\b\"c$d`e'f!g\nh=~*")).isEqualTo("\"a\\\\b\\\"c\\$d\\`e'f!g\nh=~*\"");
        assertThat(ShellQuote.doubled("plain")).isEqualTo("\"plain\"");
    }

    @Test
    void lineJoinsQuotedWordsWithBlanks() {
        assertThat(ShellQuote.line(List.of("echo", "a b", "", "=x"))).isEqualTo("echo 'a b' '' '=x'");
        assertThat(ShellQuote.line(List.of())).isEmpty();
    }

    @Test
    void nulIsRefusedWithItsPlace() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShellQuote.single("ab\0c"))
                .withMessageContaining("NUL")
                .withMessageContaining("index 2");
        assertThatIllegalArgumentException().isThrownBy(() -> ShellQuote.doubled("\0"));
        assertThatIllegalArgumentException().isThrownBy(() -> ShellQuote.line(List.of("fine", "\0")));
    }

    @ParameterizedTest
    @EnumSource
    void everyStringComesBackThroughOneShell(Quoting quoting) throws Exception {
        assertRoundTrips(quoting, List.of());
    }

    @ParameterizedTest
    @EnumSource
    void everyStringComesBackThroughTwoShells(Quoting quoting) throws Exception {
        for (Quoting outer : Quoting.values()) {
            assertRoundTrips(quoting, List.of(outer));
        }
    }

    private static void assertRoundTrips(Quoting words, List<Quoting> outerLevels) throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int batch = 0; batch < 3; batch++) {
            List<String> strings = batch == 0 ? List.of(NASTY) : randomStrings(random, 200);
            StringBuilder script = new StringBuilder(PRINT_EACH);
            strings.forEach(s -> script.append(' ').append(words.apply(s)));
            String line = script.toString();
            for (Quoting level : outerLevels) {
                line = "sh -c " + level.apply(line);
            }
            assertThat(runInShell(line))
                    .as("words %s, outer levels %s, seed %dL, batch %d", words, outerLevels, seed, batch)
                    .isEqualTo(strings);
        }
    }

    private static List<String> randomStrings(Random random, int count) {
        List<String> strings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder s = new StringBuilder();
            if (random.nextInt(4) == 0) {
                s.append(random.nextBoolean() ? '=' : '-');
            }
            for (int parts = random.nextInt(12); parts > 0; parts--) {
                if (random.nextInt(3) > 0) {
                    s.append(NASTY[random.nextInt(NASTY.length)]);
                } else {
                    s.appendCodePoint(randomCodePoint(random));
                }
            }
            strings.add(s.toString());
        }
        return strings;
    }

    /** Any code point that an argument can carry and UTF-8 can write: neither NUL nor half of a surrogate pair. */
    private static int randomCodePoint(Random random) {
        while (true) {
            int c = 1 + random.nextInt(random.nextBoolean() ? 0xff : Character.MAX_CODE_POINT);
            if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
                return c;
            }
        }
    }

    /** What {@code sh -c line} prints, split at NUL. The line goes in as bytes, so that the JVM's locale has no say. */
    private static List<String> runInShell(String line) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sh", "-c", "exec sh -c \"$(cat)\"")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(line.getBytes(UTF_8));
        }
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).isZero();
        List<String> strings = new ArrayList<>(List.of(printed.split("\0", -1)));
        assertThat(strings.remove(strings.size() - 1)).isEmpty();
        return strings;
    }
}
