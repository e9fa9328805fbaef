package io.muxpool.internal.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.Command;
import io.muxpool.LoginShell;
import io.muxpool.RealShell;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random words through each real shell, and what each makes of them: they must come back as they went.
 *
 * <p>{@code -Dmuxpool.shellwords=N} tries N words for each shell; 300 otherwise.
 */
@Timeout(600)
class ShellWordsTest {
    private static final int WORDS = Integer.getInteger("muxpool.shellwords", 300);
    private static final int BATCH = 500;

    private static final String[] PIECES = {
        "'",
        "''",
        "\\",
        "\\\\",
        "\\'",
        "'\\''",
        "!",
        "!!",
        "\\!",
        "!x",
        "\n",
        "\n\n",
        "\\\n",
        "\r",
        "\r\n",
        "\t",
        " ",
        "\"",
        "$",
        "$$",
        "$HOME",
        "${HOME}",
        "$(id)",
        "`id`",
        "*",
        "?",
        "[a]",
        "[!a]",
        "{a,b}",
        "{",
        "}",
        "~",
        "~root",
        "=",
        "=ls",
        "%",
        "%self",
        "%s",
        "%%",
        "@",
        "@foo",
        "^",
        "^^a^b",
        "#",
        "&",
        "&&",
        "|",
        "||",
        ";",
        ";;",
        "<",
        ">",
        "<(id)",
        ">&2",
        "(",
        ")",
        "()",
        ":",
        "+",
        ",",
        "-",
        "--",
        "-n",
        "-e",
        ".",
        "..",
        "/",
        "a",
        "Z",
        "0",
        "_",
        "end",
        "\u0001",
        "\u0002",
        "\u0003",
        "\u001b[2J",
        "\u007f",
        "\u0080",
        "\u0081",
        "\u0088",
        "\u0098",
        "\u00a0",
        "\u00e9",
        "\u2018",
        "\u2019",
        "\u201a",
        "\u201b",
        "\u2028",
        "\ufdd0",
        "\uef80",
        "\uf600",
        "\ufeff",
        "\uffff",
        "\u6f22",
        "\uD83D\uDE00",
        "\uDBFF\uDFFF",
        "it's",
        "'; echo x; '",
        "\\'; echo x; \\'",
        "\n echo x\n",
        "*/",
        "/*"
    };

    static String randomWord(Random random) {
        StringBuilder word = new StringBuilder();
        for (int parts = random.nextInt(8); parts > 0; parts--) {
            if (random.nextInt(4) > 0) {
                word.append(PIECES[random.nextInt(PIECES.length)]);
            } else {
                word.appendCodePoint(randomCodePoint(random));
            }
        }
        return word.toString();
    }

    /** Any code point that an argument can carry and UTF-8 can write: neither NUL nor half of a surrogate pair. */
    private static int randomCodePoint(Random random) {
        while (true) {
            int c = 1 + random.nextInt(random.nextBoolean() ? 0x7f : Character.MAX_CODE_POINT);
            if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
                return c;
            }
        }
    }

    private static List<String> locales(RealShell shell) {
        // yash refuses what is no character of its locale.
        return shell == RealShell.YASH ? List.of("C.UTF-8") : List.of("C.UTF-8", "C");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NOLOGIN")
    void everyWordComesBackFromTheShellItWasWrittenFor(RealShell shell) {
        assertComesBack(shell, shell.kind(), false);
    }

    /** Those that are sent to a shell of which nothing is known: plain single quotes, and nothing that any shell reads. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NOLOGIN")
    void everyWordThatDependsOnNoShellComesBackFromEachOfThem(RealShell shell) {
        assertComesBack(shell, LoginShell.UNKNOWN, true);
    }

    private static void assertComesBack(RealShell shell, LoginShell writtenFor, boolean plainOnly) {
        for (String locale : locales(shell)) {
            long seed = new Random().nextLong();
            Random random = new Random(seed);
            for (int done = 0; done < WORDS; done += BATCH) {
                List<String> words = new ArrayList<>();
                while (words.size() < Math.min(BATCH, WORDS - done)) {
                    String word = randomWord(random);
                    if (plainOnly
                            ? !Quoting.dependsOnShell(word)
                            : CommandLine.obstacle(Command.of("x", word), shell.kind()) == null) {
                        words.add(word);
                    }
                }
                // env printf: some shells have a printf of their own, rbash runs no path.
                StringBuilder line =
                        new StringBuilder(CommandLine.of(Command.of("env", "printf", "%s\\000"), shell.kind()));
                for (String word : words) {
                    line.append(' ');
                    Quoting.append(line, word, writtenFor);
                }
                RealShell.Ran ran = shell.run(line.toString(), Map.of("LC_ALL", locale));
                assertThat(split(ran.text()))
                        .as("%s, locale %s, seed %dL: status %d, %s", shell, locale, seed, ran.status(), ran.err())
                        .isEqualTo(words);
            }
        }
    }

    private static List<String> split(String printed) {
        List<String> words = new ArrayList<>(List.of(printed.split("\0", -1)));
        words.remove(words.size() - 1);
        return words;
    }

    /** One by one: each has a process of its own. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NOLOGIN")
    void variableArrivesBeforeWordsAndBeforeAShellLine(RealShell shell) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<String> values =
                new ArrayList<>(List.of("it's", "a\\b!", "two\nlines", "", "\u00e9", "$HOME", "-n", " a  b "));
        for (int i = 0; i < Math.min(WORDS / 30, 100); i++) {
            values.add(randomWord(random));
        }
        for (String value : values) {
            for (Command command : List.of(Command.of("env", "printenv", "V"), Command.shell("env printenv V"))) {
                Command with = command.withEnv("V", value);
                if (CommandLine.obstacle(with, shell.kind()) != null) {
                    continue;
                }
                RealShell.Ran ran = shell.run(CommandLine.of(with, shell.kind()), Map.of("LC_ALL", "C.UTF-8"));
                assertThat(ran.text())
                        .as("%s, %s, seed %dL: status %d, %s", shell, with, seed, ran.status(), ran.err())
                        .isEqualTo(value + "\n");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NOLOGIN")
    void programIsLookedForAndNeverTakenForAWordOfTheShell(RealShell shell) {
        for (String name : List.of(
                "if", "then", "end", "and", "or", "not", "begin", "switch", "foreach", "repeat", "fn", "try", "var",
                "use", "-c", "A=b", "it's", "a b")) {
            String line = CommandLine.of(Command.of(name, "echo", "obeyed"), shell.kind());
            RealShell.Ran ran = shell.run(line, Map.of("LC_ALL", "C.UTF-8"));
            assertThat(ran.text()).as("%s: %s", shell, line).isEmpty();
            assertThat(ran.status()).as("%s: %s", shell, line).isNotZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void answerToTheProbeTellsTheShell(RealShell shell) {
        String line = CommandLine.of(ShellProbe.command(), LoginShell.UNKNOWN);
        RealShell.Ran ran = shell.run(line, Map.of("LC_ALL", "C"));
        assertThat(ShellProbe.read(ran.text())).as("%s: %s", shell, ran.text()).isEqualTo(shell.kind());
        assertThat(ShellProbe.read("Welcome, muxpool/\n" + ran.text())).isEqualTo(shell.kind());
        assertThat(ShellProbe.read(ran.text() + "x")).isEqualTo(LoginShell.OTHER);
    }

    /** It answers as a POSIX shell but for what it runs within single quotes. */
    @Test
    void sashIsNotTakenForAPosixShell() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/sash")), "the package of sash is not installed");
        Process sash =
                new ProcessBuilder("/bin/sash", "-c", CommandLine.of(ShellProbe.command(), LoginShell.UNKNOWN)).start();
        sash.getOutputStream().close();
        String said = new String(sash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said).contains("ab");
        assertThat(ShellProbe.read(said)).isEqualTo(LoginShell.OTHER);
    }
}
