package io.muxpool.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NodeSetTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "web1|web1",
                "web1,web2 db1|web1 web2 db1",
                "web[1-3,7]|web1 web2 web3 web7",
                "web[08-11].example.com|web08.example.com web09.example.com web10.example.com web11.example.com",
                "web[098-101]|web098 web099 web100 web101",
                "web[1-9/4]|web1 web5 web9",
                "r[1-2]n[1-2]|r1n1 r1n2 r2n1 r2n2",
                "[1-2]|1 2",
                "u@h[1-3],!u@h2|u@h1 u@h3",
                "web[1-9],!web[2-8]|web1 web9",
                "a,a,a[1,1]|a a1",
                " a  ,  b |a b",
                "web[7]|web7",
                "web[1-2]:2222,web3:22|web1:2222 web2:2222 web3:22",
                "web1:[22,2222]|web1:22 web1:2222",
                "[2001:db8::1]:22 [::1],u@[fe80::2]|[2001:db8::1]:22 [::1] u@[fe80::2]",
                "ssh://u@web[1-2]:22,ssh://[::1]:22/|ssh://u@web1:22 ssh://u@web2:22 ssh://[::1]:22/",
                "2001:db8::[1-2]|2001:db8::1 2001:db8::2",
            })
    void setNamesTheseHosts(String text, String hosts) {
        assertThat(NodeSet.parse(text).hosts()).isEqualTo(List.of(hosts.split(" ", -1)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"a,b|''", "a,a|a", "web[1-3],web2|web2", "a[1,1]|a1", "a,a,!a,b|''", "a,!a,a|''"})
    void setTellsWhatItsTextNamesAgain(String text, String repeated) {
        assertThat(NodeSet.parse(text).repeated())
                .isEqualTo(repeated.isEmpty() ? List.of() : List.of(repeated.split(" ", -1)));
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                arguments("web[1-2]:x", 9, "a digit of a port is expected"),
                arguments("a,web1:", 7, "a port is missing"),
                arguments("web1:70000", 5, "from 1 to 65535"),
                arguments("web1:0", 5, "from 1 to 65535"),
                arguments(":22", 0, "a host is missing before the colon"),
                arguments("web1:22:33", 0, "an IPv6 address, or a host and one colon with a port"),
                arguments("[::1", 0, "never closed"),
                arguments("[::1]22", 5, "a colon and a port"),
                arguments("[::g]:22", 3, "an IPv6 address"),
                arguments("a http://web1", 2, "a host, or ssh://, is expected"),
                arguments("ssh://web1/etc", 10, "a host has no path"),
                arguments("ssh://u@", 8, "a host is missing"),
                arguments("ssh://2001:db8::1", 14, "in brackets"),
                arguments("", 0, "no host"),
                arguments("   ", 3, "no host"),
                arguments("web[1-3", 3, "never closed"),
                arguments("web[", 3, "never closed"),
                arguments("web[1-", 3, "never closed"),
                arguments("web1-3]", 6, "']' without '['"),
                arguments("web[a-c]", 4, "a number is expected"),
                arguments("web[]", 4, "a number is expected"),
                arguments("web[1,]", 6, "a number is expected"),
                arguments("web[1-3;5]", 7, "a digit, '-', ',' or ']' is expected"),
                arguments("web[5-3]", 4, "must not go down"),
                arguments("web[1-9/0]", 8, "step of 0"),
                arguments("web[1-1234567890]", 6, "more than 9 digits"),
                arguments("web[0-999999999]", 4, "more than 1000000 hosts"),
                arguments("a[1-2000]b[1-2000]", 0, "more than 1000000 hosts"),
                arguments("a[1-600000,1-600000]", 11, "more than 1000000 hosts"),
                arguments("a,,b", 2, "host is missing"),
                arguments(",a", 0, "host is missing"),
                arguments("a,", 2, "host is missing"),
                arguments("!a", 0, "nothing yet"),
                arguments("a,!", 3, "host is missing"),
                arguments("a!b", 1, "'!' within"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void malformedSetIsRefusedPointingAtTheCharacter(String text, int position, String what) {
        NodeSetException e = catchThrowableOfType(NodeSetException.class, () -> NodeSet.parse(text));
        assertThat(e.position()).isEqualTo(position);
        assertThat(e).hasMessageContaining(what);
        List<String> lines = String.valueOf(e.getMessage()).lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(1)).isEqualTo("  " + text);
        assertThat(lines.get(2)).isEqualTo("  " + " ".repeat(position) + "^");
    }

    @ParameterizedTest
    @CsvSource({"'\uFEFFweb1', 0", "'web\u200B1', 3", "'web1,\u202Eweb2', 5"})
    void invisibleCharacterIsPointedAt(String text, int position) {
        NodeSetException e = catchThrowableOfType(NodeSetException.class, () -> NodeSet.parse(text));
        assertThat(e.position()).isEqualTo(position);
        assertThat(e).hasMessageContaining("an invisible character (U+");
    }

    @Test
    void markStandsUnderTheCharacterWhateverIsBeforeIt() {
        NodeSetException e = catchThrowableOfType(NodeSetException.class, () -> NodeSet.parse("\ud83d\ude42\u0007[x]"));
        assertThat(String.valueOf(e.getMessage()).lines().toList().subList(1, 3))
                .isEqualTo(List.of("  \ud83d\ude42?[x]", "     ^"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "web1|web1",
                "web3,web1,web2|web[1-3]",
                "web[01-99].example.com|web[01-99].example.com",
                "web[1-12,14]|web[1-12,14]",
                "web[098-101],web7|web[7,098-101]",
                "r[1-2]n[1-3]|r[1-2]n[1-3]",
                "r[1-2]n[1-3],r3n[1-2]|r[1-2]n[1-3],r3n[1-2]",
                "db1,web[1-2],db2,cache|cache,db[1-2],web[1-2]",
                "10.0.0.[1-20]|10.0.0.[1-20]",
                "a,ab,a1b|a,a1b,ab",
                "n[9-10],n09|n[9,09-10]",
            })
    void hostsAreWrittenShort(String text, String folded) {
        assertThat(NodeSet.parse(NodeSet.parse(text).toString()).hosts())
                .containsExactlyInAnyOrderElementsOf(NodeSet.parse(text).hosts());
        assertThat(NodeSet.parse(text)).hasToString(folded);
    }

    @RepeatedTest(50)
    void whatIsFoldedIsTheSameSetAgain(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        Set<String> hosts = new LinkedHashSet<>();
        for (int i = random.nextInt(60) + 1; i > 0; i--) {
            StringBuilder name = new StringBuilder();
            for (int part = random.nextInt(4) + 1; part > 0; part--) {
                String number = random.nextBoolean()
                        ? Integer.toString(random.nextInt(25))
                        : String.format("%02d", random.nextInt(120));
                name.append(random.nextBoolean() ? List.of("a", "b.", "-").get(random.nextInt(3)) : number);
            }
            hosts.add(name.toString());
        }
        String folded = NodeSet.of(hosts).toString();
        assertThat(NodeSet.parse(folded).hosts()).as(folded).containsExactlyInAnyOrderElementsOf(hosts);
    }

    @Test
    void foldingThousandsIsShortAndQuick() {
        assertThat(NodeSet.parse("rack[01-40]node[001-250].dc[1-2].example.com"))
                .hasToString("rack[01-40]node[001-250].dc[1-2].example.com");
    }
}
