package io.muxpool.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.muxpool.fleet.HostResult;
import io.muxpool.testkit.ShortTemp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class ViewsTest {
    private static String shown(Function<Sink, View> maker, Results results) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        View view = maker.apply(Sink.of(out));
        List<HostResult> all = results.list();
        all.forEach(view::ended);
        view.over(all);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void linesHaveTheirHostInFrontAndTheLastOneANewline() {
        assertThat(shown(
                        out -> new PrefixView(out, out),
                        new Results().says("a", 0, "1\n\n2", "").says("b", 1, "", "x")))
                .isEqualTo("a: 1\na: \na: 2\nb: x\n");
    }

    @Test
    void hostCannotWriteInAnothersNameOnATerminal() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] hostile = "a\tb\r\rdb1: fine\u001b[1A\u009b2K\u007f é\r\n".getBytes(StandardCharsets.UTF_8);
        Sink terminal = Sink.ofTerminal(out);
        terminal.writeLines("web1: ", hostile);
        terminal.flush();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo("web1: a\tb\\x0d\\x0ddb1: fine\\x1b[1A\\x9b2K\\x7f é\n");

        out.reset();
        Sink file = Sink.of(out);
        file.writeLines("", hostile);
        file.flush();
        assertThat(out.toByteArray()).as("elsewhere bytes are bytes").isEqualTo(hostile);
    }

    @Test
    void hostsThatSaidTheSameAreTogetherTheMostFirst() {
        Results results = new Results()
                .says("db1", 0, "other\n", "")
                .says("web1", 0, "same", "")
                .says("web2", 0, "same", "")
                .says("web3", 2, "same", "")
                .isNotReached("web4");
        assertThat(shown(GatheredView::new, results)).isEqualTo("""
                ---------------
                web[1-2] (2 hosts)
                ---------------
                same
                ---------------
                db1 (1 host)
                ---------------
                other
                ---------------
                web3 (1 host): exit status 2
                ---------------
                same
                """);
    }

    @Test
    void differencesAreFromWhatMostSaid() {
        Results results = new Results()
                .says("a", 0, "1\nx\n3\n", "")
                .says("b", 0, "1\n2\n3\n", "")
                .says("c", 0, "1\n2\n3\n", "");
        assertThat(shown(DiffView::new, results)).endsWith("""
                --- [b-c]
                +++ a
                @@ -1,3 +1,3 @@
                 1
                -2
                +x
                 3
                """.replace("[b-c]", "b,c"));
        assertThat(shown(DiffView::new, new Results().isNotReached("a"))).isEmpty();
    }

    @Test
    void tallyIsOfTheWorstAndNamesWhomItMet() {
        Tally tally = new Tally(new Results()
                .says("a1", 0, "", "")
                .says("a2", 1, "", "")
                .isNotReached("a3")
                .isNotReached("a4")
                .isNotReached("a5")
                .list());
        assertThat(tally.exitCode()).isEqualTo(255);
        assertThat(tally.lines(Duration.ofMillis(1500)))
                .containsExactly(
                        "1 of 5 hosts succeeded in 1.5 s",
                        "  exit status 1: a2",
                        "  not started: a[3-5]",
                        "  most hosts were not reached: look at this side first (network, agent, ssh configuration). The most"
                                + " frequent reason: cannot connect to a3: refused");
    }

    @Test
    void configurationNamesHostsAlsoInWhatItIncludes() throws IOException {
        try (ShortTemp temp = ShortTemp.create()) {
            Path more = Files.writeString(temp.resolve("more.conf"), "Host=web3 web-old\n  Port 1\n");
            Path config = Files.writeString(
                    temp.resolve("config"),
                    "# Host web0\nInclude " + more + " " + temp.resolve("none*") + "\nHOST web1 \"web2\" # web9\n"
                            + "Host web* !web5 db1\n  HostName web6\nMatch host web7\n");
            assertThat(names(config, "*")).containsExactly("web1", "web2", "db1", "web3", "web-old");
            assertThat(names(config, "web?")).containsExactly("web1", "web2", "web3");
            Path loop = temp.resolve("loop");
            Path other = temp.resolve("other");
            Files.writeString(loop, "Include " + other + "\n");
            Files.writeString(other, "Include " + loop + "\n");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> names(loop, "*"))
                    .withMessageContaining("Too many recursive configuration includes");
        }
    }

    private static List<String> names(Path config, String pattern) {
        return ConfigHosts.matching("ssh", config, pattern);
    }

    /** Of {@code Include a/STAR/hosts}, one of three was found. */
    @Test
    void configHostsAreThoseOfEveryFileThatSshIncludes() throws IOException {
        try (ShortTemp temp = ShortTemp.create()) {
            for (String name : List.of("a", "b", "c")) {
                Files.writeString(
                        Files.createDirectories(temp.resolve("sites/" + name)).resolve("hosts"),
                        "Host web-" + name + "\n");
            }
            Files.writeString(temp.resolve("linked"), "Host web-linked\n");
            Files.createSymbolicLink(temp.resolve("link"), temp.resolve("linked"));
            Files.writeString(temp.resolve("within"), "Host web-within\n");
            Files.writeString(temp.resolve("with space"), "Host web-spaced\n");
            Path config = Files.writeString(
                    temp.resolve("config"),
                    String.join(
                            "\n",
                            "Include " + temp.resolve("sites/*/hosts"),
                            "Include=" + temp.resolve("lin[k]"),
                            "Include \"" + temp.resolve("with space") + "\"",
                            "Host other",
                            "  Include " + temp.resolve("within"),
                            "Match host x",
                            "  Include " + temp.resolve("none/*"),
                            ""));
            assertThat(names(config, "web*"))
                    .containsExactlyInAnyOrder("web-a", "web-b", "web-c", "web-linked", "web-spaced", "web-within");
        }
    }

    @Test
    void configurationThatSshDoesNotTakeIsAnErrorInItsWords() throws IOException {
        try (ShortTemp temp = ShortTemp.create()) {
            Path config = Files.writeString(temp.resolve("config"), "Host a\nNoSuchWord 1\n");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> names(config, "*"))
                    .withMessageContaining("ssh does not take the configuration")
                    .withMessageContaining("nosuchword");
        }
    }
}
