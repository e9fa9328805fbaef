package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class UserHostTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "host",
                "user@host",
                "u@h",
                "user.name@host.example.org",
                "user_name@host-name",
                "user-name@host_name",
                "u@192.0.2.1",
                "u@::1",
                "::1",
                "u@fe80::1:2:3",
                "u@2001:db8::8a2e:370:7334",
                "u@host:22",
                "user:name@host",
                "a.b.c.d",
                "u@h.",
                "u-@h-",
                "_@_",
                "0@0",
                "\u043f\u043e\u043b\u044c\u0437@\u0445\u043e\u0441\u0442",
                "\u7528\u6237@\u4e3b\u673a",
                "jos\u00e9@m\u00fcnchen.de",
                "jose\u0301@host",
                "\ud835\udc1a@host",
                "fe80::1%eth0",
                "u@fe80::1%eth0.1",
                "me@corp@host",
                "me@corp.example@other@host",
                "DOM\\user@host",
                "a+b@host",
                "+a@host"
            })
    void acceptsAndKeepsAsItIs(String value) {
        assertThat(UserHost.validate(value)).isEqualTo(value);
    }

    static Stream<Arguments> rejected() {
        return Stream.of(
                arguments("", "empty"),
                arguments("@", "empty user"),
                arguments("@host", "empty user"),
                arguments("user@", "empty host"),
                arguments("-", "start with '-'"),
                arguments("-oProxyCommand", "start with '-'"),
                arguments("-u@host", "start with '-'"),
                arguments("user@-host", "host that starts with '-'"),
                arguments("u@-oProxyCommand", "host that starts with '-'"),
                arguments("@@", "empty host"),
                arguments("u@@h", "more than one '@'"),
                arguments("@u@h", "more than one '@'"),
                arguments("\\u@h", "backslash"),
                arguments("u\\@h", "backslash"),
                arguments("u@h\\x", "backslash"),
                arguments("h+x", "backslash"),
                arguments("-oProxyCommand=x@y@h", "start with '-'"),
                arguments("u@x@-oProxyCommand", "host that starts with '-'"),
                arguments("u@h%eth0", "must not hold any of"),
                arguments("u%x@fe80::1%eth0", "must not hold any of"),
                arguments("fe80::1%", "must not hold any of"),
                arguments("fe80::1%a%b", "must not hold any of"),
                arguments("fe80::1%$x", "must not hold any of"),
                arguments("..", "'..'"),
                arguments("u@..", "'..'"),
                arguments("u@a..b", "'..'"),
                arguments("a..b@h", "'..'"));
    }

    @ParameterizedTest
    @MethodSource("rejected")
    void rejectsNamingRuleAndValue(String value, String rule) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UserHost.validate(value))
                .withMessageContainingAll("user@host", rule, "\"" + value + "\"");
    }

    static Stream<String> shellCharacters() {
        return "\"'`~!#$%^&*()={}[]|;<>?,/".codePoints().mapToObj(Character::toString);
    }

    @ParameterizedTest
    @MethodSource("shellCharacters")
    void rejectsWhatMeansSomethingToAShellWhereverItStands(String c) {
        for (String value : new String[] {c, c + "u@h", "u" + c + "@h", "u@h" + c, "u@" + c + "h", "h" + c}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> UserHost.validate(value))
                    .withMessageContainingAll("must not hold any of", "\"" + value + "\"");
        }
    }

    static IntStream spacesAndControls() {
        return IntStream.of(
                0x00, 0x01, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b, 0x1f, 0x20, 0x7f, 0x80, 0x85, 0x9f, 0xa0, 0x1680,
                0x2000, 0x2003, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000);
    }

    @ParameterizedTest
    @MethodSource("spacesAndControls")
    void rejectsWhiteSpaceAndControlCharactersOfAllKinds(int codePoint) {
        String c = Character.toString(codePoint);
        for (String value : new String[] {c + "u@h", "u" + c + "@h", "u@h" + c, "u@" + c + "h", "h" + c, c + "h"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> UserHost.validate(value))
                    .withMessageContainingAll("white space, control characters or NUL");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x200b, 0x200d, 0x202e, 0x2060, 0xfeff, 0xad})
    void rejectsWhatCannotBeSeen(int codePoint) {
        assertThatIllegalArgumentException().isThrownBy(() -> UserHost.validate("u@h" + Character.toString(codePoint)));
    }

    @Test
    void rejectsHalfACharacter() {
        assertThatIllegalArgumentException().isThrownBy(() -> UserHost.validate("u@h\ud835"));
    }

    @Test
    void messageShowsControlCharactersAsEscapes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UserHost.validate("u@h\u001b[2J\n"))
                .withMessageContaining("\"u@h\\x1b[2J\\x0a\"");
    }

    /** One word for ssh, which splits it as we do. */
    @ParameterizedTest
    @CsvSource({
        "fe80::1%lo, , fe80::1%lo",
        "me@corp@host.invalid, me@corp, host.invalid",
        "DOM\\user@host.invalid, DOM\\user, host.invalid",
        "a+b@host.invalid, a+b, host.invalid",
        "u@fe80::1%lo, u, fe80::1%lo"
    })
    void namesAreSplitAsBySsh(String value, String user, String host) throws Exception {
        assertThat(UserHost.validate(value)).isEqualTo(value);
        Process ssh = new ProcessBuilder("ssh", "-G", "-F", "/dev/null", value)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> lines = new String(ssh.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(ssh.waitFor()).isZero();
        assertThat(lines).contains("hostname " + host);
        if (user != null) {
            assertThat(lines).contains("user " + user);
        }
    }

    @Test
    void refusalNamesTheWayRound() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UserHost.validate("a b@host"))
                .withMessageContainingAll("alias", "HostName", "-o User=");
    }
}
