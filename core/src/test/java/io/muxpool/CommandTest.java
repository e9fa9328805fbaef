package io.muxpool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class CommandTest {
    @Test
    void commandWithoutWordsIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(Command::of).withMessageContaining("at least one word");
        assertThatIllegalArgumentException().isThrownBy(() -> Command.of(List.of()));
    }

    @Test
    void emptyProgramIsRefusedButEmptyArgumentsAreNot() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Command.of("", "x"))
                .withMessageContaining("program must not be empty");
        assertThat(Command.of("x", "").remoteLine()).isEqualTo("x ''");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void nulInAnyWordIsRefused(int at) {
        List<String> words = new ArrayList<>(List.of("a", "b", "c"));
        words.set(at, "x\0y");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Command.of(words))
                .withMessageContainingAll("NUL", "x\\x00y");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\t"})
    void emptyShellLineIsRefused(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Command.shell(line))
                .withMessageContaining("shell line must not be empty");
    }

    @Test
    void nulInAShellLineIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Command.shell("echo \0"))
                .withMessageContainingAll("NUL", "echo \\x00");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1A", "A B", "A=B", "A-B", "\u00c9", "A\n", "A;b"})
    void environmentNameThatIsNoShellNameIsRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Command.of("x").withEnv(name, "v"))
                .withMessageContaining("environment variable's name");
    }

    @Test
    void nulInAnEnvironmentValueIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Command.of("x").withEnv("NAME", "v\0"))
                .withMessageContainingAll("NAME", "NUL");
    }

    @Test
    void defaultsAreAsDocumented() {
        Command command = Command.of("a", "b");
        assertThat(command.argv()).containsExactly("a", "b");
        assertThat(command.isShell()).isFalse();
        assertThat(command.env()).isEmpty();
        assertThat(command.stdin()).isEqualTo(Input.none());
        assertThat(command.stdout()).isEqualTo(Output.capture());
        assertThat(command.stderr()).isEqualTo(Output.capture());
        assertThat(command.logLevel()).isEqualTo(Level.INFO);
        assertThat(command.isDryRun()).isFalse();
    }

    @Test
    void defaultIsNoSubsystemNoTerminalAndToWaitForTheOutputs() {
        Command command = Command.of("a");
        assertThat(command.isSubsystem()).isFalse();
        assertThat(command.pty()).isEmpty();
        assertThat(command.returnsOnExit()).isFalse();
    }

    @Test
    void subsystemIsANameAndNothingElse() {
        Command sftp = Command.subsystem("sftp").withReturnOnExit(true);
        assertThat(sftp.isSubsystem()).isTrue();
        assertThat(sftp.isShell()).isFalse();
        assertThat(sftp.argv()).containsExactly("sftp");
        assertThat(sftp.remoteLine()).isEqualTo("sftp");
        assertThat(sftp.withDryRun(true).isSubsystem()).isTrue();
        assertThat(Command.subsystem("a;b@c").remoteLine()).isEqualTo("a;b@c");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sftp.withEnv("N", "v"))
                .withMessageContaining("subsystem");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sftp.withPty(Pty.of(80, 24)))
                .withMessageContaining("subsystem");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a\0b", "a\nb", "\u007f"})
    void nameThatIsNoSubsystemsIsRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Command.subsystem(name))
                .withMessageContaining("subsystem's name");
    }

    @Test
    void terminalHasATypeAndASize() {
        assertThat(Pty.of(80, 24)).isEqualTo(new Pty("xterm-256color", 80, 24));
        assertThat(new Pty("vt100", 1, 65535).rows()).isEqualTo(65535);
        for (String term : List.of("", "a b", "a\0", "\u00e9", "a\n")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Pty(term, 80, 24))
                    .withMessageContaining("terminal's type");
        }
        for (int size : new int[] {Integer.MIN_VALUE, -1, 0, 65536}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pty.of(size, 24))
                    .withMessageContainingAll("columns", "65535", Integer.toString(size));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pty.of(80, size))
                    .withMessageContainingAll("rows", "65535", Integer.toString(size));
        }
    }

    @Test
    void eachChangeIsACopyThatKeepsTheRest() {
        Command plain = Command.of("a");
        Command changed = plain.withEnv("N", "v")
                .withStdin(Input.inherit())
                .withStdout(Output.discard())
                .withStderr(Output.inherit())
                .withLogLevel(Level.DEBUG)
                .withDryRun(true)
                .withPty(Pty.of(80, 24))
                .withReturnOnExit(true)
                .withEnv("M", "w");
        assertThat(changed.env()).containsExactly(entry("N", "v"), entry("M", "w"));
        assertThat(changed.stdin()).isEqualTo(Input.inherit());
        assertThat(changed.stdout()).isEqualTo(Output.discard());
        assertThat(changed.stderr()).isEqualTo(Output.inherit());
        assertThat(changed.logLevel()).isEqualTo(Level.DEBUG);
        assertThat(changed.isDryRun()).isTrue();
        assertThat(changed.pty()).contains(Pty.of(80, 24));
        assertThat(changed.returnsOnExit()).isTrue();
        assertThat(plain.pty()).isEmpty();
        assertThat(plain.env()).isEmpty();
        assertThat(plain.isDryRun()).isFalse();
        assertThat(Command.shell("x").withDryRun(true).isShell()).isTrue();
    }

    @Test
    void wordsAndVariablesCannotBeChangedFromOutside() {
        List<String> words = new ArrayList<>(List.of("a", "b"));
        Command command = Command.of(words).withEnv("N", "v");
        words.set(1, "c");
        assertThat(command.argv()).containsExactly("a", "b");
        assertThatThrownBy(() -> command.argv().add("c")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> command.env().put("M", "w")).isInstanceOf(UnsupportedOperationException.class);
        byte[] bytes = {1, 2};
        Input.Bytes input = (Input.Bytes) Input.bytes(bytes);
        bytes[0] = 9;
        assertThat(input.bytes()).containsExactly(1, 2);
    }

    @Test
    void remoteLineQuotesEachWordOnItsOwn() {
        assertThat(Command.of("echo", "a b", "$HOME", "it's", "", "x=1", "*").remoteLine())
                .isEqualTo("echo 'a b' '$HOME' 'it'\\''s' '' 'x=1' '*'");
    }

    @Test
    void remoteLineOfAShellCommandIsTheLine() {
        assertThat(Command.shell("ls *.txt | wc -l && echo $HOME").remoteLine())
                .isEqualTo("ls *.txt | wc -l && echo $HOME");
    }

    @Test
    void variablesStandInFrontOfWordsAndShellLines() {
        assertThat(Command.of("run", "a b").withEnv("N", "v w").withEnv("M", "").remoteLine())
                .isEqualTo("env 'N=v w' 'M=' run 'a b'");
        assertThat(Command.shell("run $N | x")
                        .withEnv("N", "it's")
                        .withEnv("M", "")
                        .remoteLine())
                .isEqualTo("export N='it'\\''s' || exit; export M='' || exit; run $N | x");
    }

    @Test
    void lineThatStartsWithADashCannotBeAnOptionOfTheShell() throws Exception {
        Command command = Command.of("-c", "echo evil");
        assertThat(command.remoteLine()).doesNotStartWith("-");
        // It is looked for as the program it was asked for, and not found.
        assertNotFound(command);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a b",
                "'",
                "\"",
                "it's \"it\"",
                "$HOME `id` $(id)",
                "a\nb",
                "\t",
                "*",
                "~",
                "!x",
                "#",
                "\\",
                "\\n",
                "a=b",
                "=",
                "-n",
                "--",
                "{a,b}",
                "a;b|c&d",
                "\u00e9\u4e2d\ud83d\ude00"
            })
    void remoteShellSeesTheOriginalWords(String word) throws Exception {
        assertThat(sh(Command.of("printf", "%s\\n|", "<", word, word + word, ">")
                                .remoteLine())
                        .out())
                .isEqualTo("<\n|" + word + "\n|" + word + word + "\n|>\n|");
    }

    @ParameterizedTest
    @ValueSource(strings = {"v", "", "a b", "it's", "$HOME", "a\nb", "-x", "=", "\u00e9"})
    void remoteCommandSeesTheVariable(String value) throws Exception {
        assertThat(sh(Command.of("sh", "-c", "printf %s \"$N\"")
                                .withEnv("N", value)
                                .remoteLine())
                        .out())
                .isEqualTo(value);
        assertThat(sh(Command.shell("printf %s \"$N\"").withEnv("N", value).remoteLine())
                        .out())
                .isEqualTo(value);
    }

    @Test
    void programWithAnEqualsSignIsNotTakenForAnAssignment() throws Exception {
        assertNotFound(Command.of("A=b", "echo", "ran another program"));
    }

    @Test
    void programWithAnEqualsSignIsNotTakenForOneMoreVariable() throws Exception {
        assertNotFound(Command.of("A=b", "echo", "ran another program").withEnv("N", "v"));
    }

    @Test
    void programNamedLikeAWordOfTheShellIsLookedForAsAProgram() throws Exception {
        for (String word : List.of("if", "while", "then", "for", "case")) {
            assertNotFound(Command.of(word));
        }
    }

    private static void assertNotFound(Command command) throws Exception {
        Ran ran = sh(command.remoteLine());
        assertThat(ran.out()).as(command.remoteLine()).isEmpty();
        assertThat(ran.status()).as(command.remoteLine()).isEqualTo(127);
    }

    @Test
    void textShowsTheQuotedWordsWithoutVariablesOrControlCharacters() {
        assertThat(Command.of("echo", "a b").withEnv("SECRET", "hunter2")).hasToString("echo 'a b'");
        assertThat(Command.shell("echo \u001b[2J")).hasToString("echo \\x1b[2J");
        assertThat(Command.of("echo", "a\nb")).hasToString("echo 'a\\x0ab'");
    }

    private record Ran(int status, String out) {}

    /** As sshd does it. */
    private static Ran sh(String line) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("/bin/sh", "-c", line)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Ran(process.waitFor(), out);
    }
}
