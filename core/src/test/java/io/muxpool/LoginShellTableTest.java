package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.SshEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Makes the table "login shell x kind of word" of {@code docs/reliability.md} over a real sshd, into {@code
 * target/login-shells.md}, and compares it with the committed one.
 */
@Timeout(300)
final class LoginShellTableTest {
    private static final String BEGIN = "<!-- login shells: made by LoginShellTableTest -->\n";
    private static final String END = "<!-- login shells: end -->";

    /** The kinds, with words of each. */
    private static final Map<String, List<String>> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put(
                "blanks, `*`, `;`, empty", List.of("a  b", "*", ";", "", "# (x) [y] {z}", "\t", "\r", "\u0002\u007f"));
        KINDS.put("`'`", List.of("it's", "'", "''", "it's; touch pwned; it's", "' ; touch pwned ; '"));
        KINDS.put("`\\`", List.of("a\\b", "a\\\\b", "\\", "\\'; touch pwned; echo INJECTED as (id -un); #"));
        KINDS.put("`!`", List.of("!", "!!", "\\!", "!x"));
        KINDS.put("line end", List.of("\n", "x\ntouch pwned\ny", "\\\n", "it's\n!"));
        KINDS.put(
                "`$ ~ % = ^ &`",
                List.of("$HOME", "$(touch pwned)", "`touch pwned`", "~", "%self", "=ls", "a^b&c|d<e>\""));
        KINDS.put("U+0001", List.of("\u0001"));
        KINDS.put("not ASCII", List.of("\u00e9\u6f22", "\u2018x\u2019"));
        KINDS.put("9000 bytes", List.of("x".repeat(9000)));
    }

    private final ShortTemp sockets = ShortTemp.create();

    @AfterEach
    void stop() {
        LeakCheck.endMasters(sockets.path());
        sockets.close();
    }

    @Test
    void committedTableIsWhatTheShellsDo() throws IOException {
        Assumptions.assumeTrue(
                OpenSshServer.Builder.canChooseLoginShell(),
                "only root can make an account with a login shell of choice");
        String missing = Stream.of(RealShell.values())
                .filter(shell -> !shell.isInstalled())
                .map(RealShell::title)
                .collect(Collectors.joining(", "));
        Assumptions.assumeTrue(missing.isEmpty(), () -> "not installed here: " + missing);
        StringBuilder table = new StringBuilder("| login shell | " + String.join(" | ", KINDS.keySet())
                + " | variable | variable of a line | status 3 | line it cannot parse |\n|---|"
                + "---|".repeat(KINDS.size() + 4) + "\n");
        for (RealShell shell : RealShell.values()) {
            table.append("| ").append(shell.title()).append(" |");
            for (String cell : row(shell)) {
                table.append(' ').append(cell).append(" |");
            }
            table.append('\n');
        }
        Files.createDirectories(Path.of("target"));
        Files.writeString(Path.of("target", "login-shells.md"), table);
        String page = Files.readString(Path.of("..", "docs", "reliability.md"));
        assertThat(page).contains(BEGIN).contains(END);
        assertThat(page.substring(page.indexOf(BEGIN) + BEGIN.length(), page.indexOf(END)))
                .as("paste core/target/login-shells.md between the markers of docs/reliability.md")
                .isEqualTo("\n" + table + "\n");
    }

    private List<String> row(RealShell shell) throws IOException {
        try (ShortTemp files = ShortTemp.create();
                OpenSshServer server = OpenSshServer.builder()
                        .loginShell(shell.asFile(files.path()))
                        .start();
                ConnectionPool pool = ConnectionPool.open(
                        Remote.builder(SshEndpoint.ALIAS)
                                .configFile(server.clientConfig())
                                .socketDir(sockets.path())
                                .build(),
                        shell.name())) {
            List<String> cells = KINDS.values().stream()
                    .map(words -> cell(
                            pool,
                            words.stream()
                                    .map(word -> Command.of("env", "echo", word))
                                    .toList(),
                            lines(words)))
                    .collect(Collectors.toList());
            List<String> values = List.of("v", "it's", "a\\b!", "two\nlines", "$HOME");
            cells.add(cell(
                    pool,
                    values.stream()
                            .map(value -> Command.of("env", "printenv", "V").withEnv("V", value))
                            .toList(),
                    lines(values)));
            cells.add(cell(
                    pool,
                    values.stream()
                            .map(value -> Command.shell("env printenv V").withEnv("V", value))
                            .toList(),
                    lines(values)));
            Exit three = pool.run("sh", "-c", "exit 3").exit();
            cells.add(three.equals(new Exit.Exited(3)) ? "yes" : three.success() ? "SUCCESS" : "another");
            cells.add(came(pool, Command.shell("echo 'unclosed"), "nothing"));
            assertThat(server.home().resolve("pwned")).as(shell.title()).doesNotExist();
            return cells;
        }
    }

    private static List<String> lines(List<String> words) {
        return words.stream().map(word -> word + "\n").toList();
    }

    /** What came of them: "yes" when all arrive. */
    private static String cell(ConnectionPool pool, List<Command> commands, List<String> expected) {
        Set<String> seen = new LinkedHashSet<>();
        for (int i = 0; i < commands.size(); i++) {
            seen.add(came(pool, commands.get(i), expected.get(i)));
        }
        return String.join(", ", seen);
    }

    private static String came(ConnectionPool pool, Command command, String expected) {
        try {
            CommandResult result = pool.run(command);
            if (result.exit().success()) {
                return result.stdoutText().equals(expected) ? "yes" : "CHANGED";
            }
            return "fails aloud";
        } catch (OutcomeUnknownException e) {
            return "unknown";
        } catch (NotStartedException e) {
            return "not started";
        }
    }
}
