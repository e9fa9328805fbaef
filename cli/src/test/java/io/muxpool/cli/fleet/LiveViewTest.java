package io.muxpool.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.Command;
import io.muxpool.Output;
import io.muxpool.fleet.HostResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

class LiveViewTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final List<String> notices = new ArrayList<>();
    private final ReentrantLock screen = new ReentrantLock();
    private final LiveView view = view(Sink.of(out), 0);

    private LiveView view(Sink sink, int keep) {
        return new LiveView(
                sink,
                Sink.of(err),
                List.of("a", "b", "c", "d"),
                keep,
                printing -> {
                    screen.lock();
                    try {
                        printing.run();
                    } finally {
                        screen.unlock();
                    }
                },
                notices::add);
    }

    private static OutputStream stream(Output output) {
        return ((Output.ToStream) output).stream();
    }

    private static OutputStream outOf(LiveView view, String host) {
        return stream(view.shown(host, Command.of("c")).stdout());
    }

    private static OutputStream errOf(LiveView view, String host) {
        return stream(view.shown(host, Command.of("c")).stderr());
    }

    private static void say(OutputStream to, String text) throws IOException {
        to.write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static HostResult ended(String host) {
        return new Results().says(host, 0, "", "").list().get(0);
    }

    private String seen() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void lineAppearsOnceItIsWholeAndTheLastOneAtTheEnd() throws IOException {
        say(outOf(view, "a"), "1\n2");
        assertThat(seen()).isEqualTo("a: 1\n");
        say(outOf(view, "b"), "x\n");
        say(outOf(view, "a"), "2\n\n");
        assertThat(seen()).isEqualTo("a: 1\nb: x\na: 22\na: \n");
        say(outOf(view, "a"), "end");
        say(errOf(view, "a"), "e\nrror");
        assertThat(seen()).doesNotContain("end");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("a: e\n");
        view.ended(ended("a"));
        assertThat(seen()).endsWith("a: end\n");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("a: e\na: rror\n");
        say(outOf(view, "a"), "late\n");
        assertThat(seen()).as("what comes when the end has been said").doesNotContain("late");
    }

    @Test
    void lineWithoutAnEndIsShownInPiecesAndSaidSoOnce() throws IOException {
        OutputStream to = outOf(view, "a");
        byte[] text = "x".repeat(LiveView.LONGEST_LINE / 4).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 10; i++) {
            to.write(text);
        }
        assertThat(out.size()).as("bounded").isGreaterThanOrEqualTo(2 * LiveView.LONGEST_LINE);
        view.ended(ended("a"));
        assertThat(seen().lines().toList()).hasSize(3).allMatch(line -> line.startsWith("a: x"));
        assertThat(seen().chars().filter(c -> c == 'x').count()).isEqualTo(10L * text.length);
        assertThat(notices).containsExactly("a: a line of more than 256 KiB is shown in pieces");
    }

    @Test
    void linesOfHostsThatWriteAtOnceNeverMix() throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (String host : List.of("a", "b", "c", "d")) {
            OutputStream to = outOf(view, host);
            byte[] line = (host.repeat(100) + "\n").getBytes(StandardCharsets.UTF_8);
            threads.add(new Thread(() -> {
                try {
                    for (int i = 0; i < 500; i++) {
                        // Cut where it hurts.
                        int cut = i % line.length;
                        to.write(line, 0, cut);
                        to.write(line, cut, line.length - cut);
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(seen().lines().toList())
                .hasSize(2000)
                .allMatch(line ->
                        line.equals(line.charAt(0) + ": " + line.substring(0, 1).repeat(100)));
    }

    @Test
    void outputIsKeptForAReportAsFarAsItsBound() throws IOException {
        LiveView keeping = view(Sink.of(out), 4);
        say(outOf(keeping, "a"), "123456\n");
        say(errOf(keeping, "a"), "e");
        HostResult a = ended("a");
        keeping.ended(a);
        HostResult kept = keeping.withKept(a);
        assertThat(kept.stdoutText()).isEqualTo("1234");
        assertThat(kept.stderrText()).isEqualTo("e");
        assertThat(kept.truncated()).isTrue();
        assertThat(seen()).as("shown whole").isEqualTo("a: 123456\n");
    }

    @Test
    void namesHaveAColourEachOnATerminalThatKnowsColours() {
        assertThat(Colours.areWanted(null, "xterm")).isTrue();
        assertThat(Colours.areWanted("", "xterm")).isTrue();
        assertThat(Colours.areWanted("1", "xterm")).isFalse();
        assertThat(Colours.areWanted(null, "dumb")).isFalse();
        assertThat(Colours.areWanted(null, null)).isFalse();
        assertThat(Colours.paint(0, "a:")).isEqualTo("\u001b[32ma:\u001b[0m");
        assertThat(Colours.paint(1, "a:")).isNotEqualTo(Colours.paint(0, "a:"));
        assertThat(Colours.paint(10, "a:")).isEqualTo(Colours.paint(0, "a:"));
    }
}
