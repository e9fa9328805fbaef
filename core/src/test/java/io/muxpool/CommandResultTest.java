package io.muxpool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.CommandResult.Captured;
import io.muxpool.CommandResult.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class CommandResultTest {
    private static final Exit SUCCESS = new Exit.Exited(0);

    @Test
    void checkPassesStatusZeroOnly() {
        CommandResult result = result(SUCCESS, "out", "err");
        assertThat(result.check()).isSameAs(result);
        for (Exit failure : List.of(
                new Exit.Exited(1),
                new Exit.Exited(255),
                new Exit.Signalled("TERM", false),
                new Exit.Ambiguous(255, "something"),
                // Nobody should make one; it is still not a known success.
                new Exit.Ambiguous(0, "something"))) {
            CommandResult failed = result(failure, "out", "err");
            CommandFailedException e = catchThrowableOfType(CommandFailedException.class, failed::check);
            assertThat(e.result()).isSameAs(failed);
        }
    }

    @Test
    void failureHoldsWordsExitAndBothOutputs() {
        CommandResult failed = result(new Exit.Exited(3), "the output\n", "the error\nof two lines\n");
        CommandFailedException e = catchThrowableOfType(CommandFailedException.class, failed::check);
        assertThat(e)
                .hasMessageContainingAll("run 'a b'", "exit status 3", "stderr: the error", "of two lines", "stdout: ")
                .hasMessageContaining("the output");
    }

    @Test
    void failureShowsTheEndOfALongOutputAndNoControlCharacters() {
        CommandResult failed = result(new Exit.Exited(1), "", "start" + "x".repeat(5000) + "\u001b[2Jend");
        CommandFailedException e = catchThrowableOfType(CommandFailedException.class, failed::check);
        assertThat(e).hasMessageContainingAll("stderr (its end): ", "\\x1b[2Jend");
        String message = String.valueOf(e.getMessage());
        assertThat(message).hasSizeLessThan(2500).doesNotContain("start", "stdout", "\u001b");
    }

    @Test
    void textIsUtf8WithReplacementsForWhatIsMalformed() {
        byte[] bytes = {'a', (byte) 0xc3, (byte) 0xa9, (byte) 0xff, 'b', (byte) 0xe2, (byte) 0x82};
        CommandResult result = result(SUCCESS, new Captured(bytes, false), new Captured(bytes, false));
        assertThat(result.stdoutText()).isEqualTo("a\u00e9\ufffdb\ufffd");
        assertThat(result.stderrText()).isEqualTo("a\u00e9\ufffdb\ufffd");
        assertThat(result.stdout()).isEqualTo(bytes);
        assertThat(result.stderr()).isEqualTo(bytes);
        assertThat(result.check()).isSameAs(result);
    }

    @Test
    void textKeepsLastNewlinesAndNul() {
        assertThat(result(SUCCESS, "a\0b\r\n\n", "").stdoutText()).isEqualTo("a\0b\r\n\n");
    }

    @Test
    void truncationIsToldForEachStream() {
        Captured whole = new Captured(new byte[] {1}, false);
        Captured cut = new Captured(new byte[] {1}, true);
        CommandResult first = result(SUCCESS, cut, whole);
        assertThat(first.stdoutTruncated()).isTrue();
        assertThat(first.stderrTruncated()).isFalse();
        CommandResult second = result(SUCCESS, whole, cut);
        assertThat(second.stdoutTruncated()).isFalse();
        assertThat(second.stderrTruncated()).isTrue();
    }

    @Test
    void resultCannotBeChangedThroughWhatItGives() {
        List<String> argv = new ArrayList<>(List.of("run"));
        CommandResult result =
                new CommandResult(argv, SUCCESS, captured("out"), captured("err"), Duration.ZERO, Route.DIRECT);
        argv.add("more");
        result.stdout()[0] = 'X';
        result.stderr()[0] = 'X';
        assertThat(result.argv()).containsExactly("run");
        assertThat(result.stdoutText()).isEqualTo("out");
        assertThat(result.stderrText()).isEqualTo("err");
    }

    @Test
    void routeTellsReuseAndMaster() {
        CommandResult direct = result(SUCCESS, "", "");
        assertThat(direct.reused()).isFalse();
        assertThat(direct.masterPid()).isEmpty();
        CommandResult pooled = new CommandResult(
                List.of("run"),
                SUCCESS,
                Captured.NONE,
                Captured.NONE,
                Duration.ofMillis(5),
                new Route(true, OptionalLong.of(42)));
        assertThat(pooled.reused()).isTrue();
        assertThat(pooled.masterPid()).hasValue(42);
        assertThat(pooled.elapsed()).isEqualTo(Duration.ofMillis(5));
    }

    @Test
    void textOfTheResultSaysWordsExitAndSizesNotContents() {
        assertThat(result(new Exit.Exited(3), "secret", "err"))
                .hasToString("CommandResult[run 'a b': exit status 3, stdout 6 bytes, stderr 3 bytes]");
    }

    @Test
    void exitsHaveTheCodeThatAShellWouldShow() {
        assertThat(new Exit.Exited(7).shellCode()).isEqualTo(7);
        assertThat(new Exit.Signalled("KILL", false).shellCode()).isEqualTo(137);
        assertThat(new Exit.Signalled("TERM", true).shellCode()).isEqualTo(143);
        assertThat(new Exit.Ambiguous(255, "x").shellCode()).isEqualTo(255);
        assertThat(new Exit.Signalled("TERM", true)).hasToString("death by signal TERM (core dumped)");
    }

    private static CommandResult result(Exit exit, String stdout, String stderr) {
        return result(exit, captured(stdout), captured(stderr));
    }

    private static CommandResult result(Exit exit, Captured stdout, Captured stderr) {
        return new CommandResult(List.of("run", "a b"), exit, stdout, stderr, Duration.ofMillis(1), Route.DIRECT);
    }

    private static Captured captured(String text) {
        return new Captured(text.getBytes(UTF_8), false);
    }
}
