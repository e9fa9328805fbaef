package io.muxpool.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.internal.text.Sha256;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the real ssh said is kept while it would say the same again, and not where nobody can tell. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class KeptConfigTest {
    /** No configuration has it: it can only come from the shelf. */
    private static final String KEPT = "kept.example";

    private static final String BLOCK = "Host box\n    SetEnv PROBE=asked.example\n";

    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private final ShortTemp temp = ShortTemp.create();
    private final AtomicInteger files = new AtomicInteger();
    private Path plain = Path.of("not yet");
    private final Map<String, Path> kept = new LinkedHashMap<>();
    private final Map<String, Path> notKept = new LinkedHashMap<>();
    private final Map<String, Path> common = new LinkedHashMap<>();
    private final Map<String, Path> notCommon = new LinkedHashMap<>();

    @BeforeAll
    void writeConfigurations() throws IOException, InterruptedException {
        Path more = Files.createDirectory(temp.resolve("more"));
        Files.writeString(more.resolve("one.conf"), "Host other\n    User bob\n");
        Path dangling = Files.createDirectory(temp.resolve("dangling"));
        Files.createSymbolicLink(dangling.resolve("a.conf"), temp.resolve("nowhere"));

        plain = config("");
        kept.put("plain", plain);
        kept.put("comment", config("# ${HOME}\n\n   # Match exec true\n"));
        kept.put("include of a file", config("Include " + more.resolve("one.conf") + "\n"));
        kept.put("include of what is not there", config("include=" + temp.resolve("gone/*.conf") + "\n"));
        kept.put("match of names", config("Match originalhost b*,!c* !user bob\n    Port 23\nMatch all\n"));
        kept.put("canonical names switched off", config("CanonicalizeHostname no\n"));

        notKept.put("command", config("Match host x exec \"true\"\n"));
        notKept.put("command, other case", config("\tMATCH=EXEC true\n"));
        notKept.put("canonical names", config("Host other\n    CanonicalizeHostname yes\n"));
        notKept.put("variable", config("Host other\n    ControlPath ${HOME}/x\n"));
        notKept.put("quoted include", config("Include \"" + more.resolve("one.conf") + "\"\n"));
        notKept.put("include from any directory", config("Include " + temp.resolve("*/one.conf") + "\n"));
        notKept.put("include of another's", config("Include ~nobody/one.conf\n"));
        notKept.put("include of a link to nowhere", config("Include " + dangling.resolve("*.conf") + "\n"));
        notKept.put("include that includes", config("Include " + config("Match exec true\n") + "\n"));
        notKept.put("token", config("Host other\n    SetEnv T=%h\n"));
        notKept.put("include of another alphabet", config("Include " + temp.resolve("zo\u00eb.conf") + "\n"));
        notKept.put("name of another alphabet", Files.writeString(temp.resolve("zo\u00eb"), BLOCK));
        Path odd = Files.writeString(temp.resolve("a\\b.conf"), "Match exec true\n");
        notKept.put("include of an odd name", config("Include " + odd.resolveSibling("a*.conf") + "\n"));
        Path deep = Files.createDirectories(temp.resolve("d".repeat(100)).resolve("e".repeat(100)));
        notKept.put("name too long to be told", Files.writeString(deep.resolve("config"), BLOCK));
        notKept.put("quoted keyword", config("\"Match\" exec true\n"));

        String probe = "SetEnv PROBE=asked.example\n";
        String others = "Host other\n    Port 24\nHost x*\n    User ann\n";
        common.put("before the first block", write(probe + others));
        common.put("in a block for all", write(others + "Host *\n" + probe));
        common.put("in a block for all, by Match", write(others + "match ALL\n" + probe));

        common.put("with a host name for all", write(probe + others + "Host *\n    HostName elsewhere.example\n"));
        common.put(
                "with tokens that come out later", write(probe + "IdentityFile ~/.ssh/%r@%h\nProxyCommand nc %h %p\n"));
        common.put("in a block of several", write("Host box third fourth\n    Port 24\n" + probe));

        notCommon.put("where commands decide", write(probe + "Match exec true\n"));
        notCommon.put("where the host name decides", write(probe + "Match host x\n    User ann\n"));
        notCommon.put("with a token in the host name", write(probe + "HostName %h.example\n"));
        notCommon.put("with a token that ssh -G replaces", write(probe + "UserKnownHostsFile ~/.ssh/hosts-%h\n"));
        notCommon.put("with the host's own name as its host name", write(probe + "Host b*\n    HostName box\n"));
        notCommon.put("with quoted patterns", write(probe + "Host \"third\"\n    User ann\n"));
        rest();
    }

    private Path config(String text) throws IOException {
        return write(text + BLOCK);
    }

    private Path write(String text) throws IOException {
        return Files.writeString(temp.resolve("c" + files.incrementAndGet()), text);
    }

    /** A file that was changed just now may be changed once more at what a file system takes for the same time. */
    private static void rest() throws InterruptedException {
        Thread.sleep(2100);
    }

    @AfterAll
    void cleanUp() {
        temp.close();
    }

    private static final class Box implements KeptConfig.Shelf {
        private Optional<String> note = Optional.empty();

        @Override
        public Optional<String> kept() {
            return note;
        }

        @Override
        public void keep(String text) {
            note = Optional.of(spoilt(text, KEPT));
        }
    }

    /** A note that says another thing than ssh did, and is whole. */
    private static String spoilt(String note, String probe) {
        int body = note.indexOf("\n\n") + 2;
        String other = note.substring(body).replace("asked.example", probe);
        return note.substring(0, body).replaceFirst("(?m)^body .*$", "body " + Sha256.base64(other)) + other;
    }

    private static Remote.Builder remote(Path config) {
        return Remote.builder("box").configFile(config);
    }

    private static String probe(Remote.Builder remote, Box shelf) {
        SshConfig config = KeptConfig.read(remote.build(), shelf, Job.create()).config();
        assertThat(config.failure()).isEmpty();
        return String.valueOf(config.setEnv().get("PROBE"));
    }

    Stream<Arguments> kept() {
        return arguments(kept);
    }

    private static Stream<Arguments> arguments(Map<String, Path> configs) {
        return configs.entrySet().stream().map(each -> Arguments.of(each.getKey(), each.getValue()));
    }

    @ParameterizedTest
    @MethodSource
    void kept(String name, Path config) {
        Box shelf = new Box();
        assertThat(probe(remote(config), shelf)).isEqualTo("asked.example");
        assertThat(probe(remote(config), shelf)).isEqualTo(KEPT);
    }

    Stream<Arguments> notKept() {
        return arguments(notKept);
    }

    @ParameterizedTest
    @MethodSource
    void notKept(String name, Path config) {
        Box shelf = new Box();
        assertThat(probe(remote(config), shelf)).isEqualTo("asked.example");
        assertThat(shelf.note).isEmpty();
    }

    @Test
    void programThatIsAScriptIsAskedEachTime() throws IOException {
        Path script = Files.writeString(temp.resolve("ssh.sh"), "#!/bin/sh\nexec ssh \"$@\"\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        Box shelf = new Box();
        probe(remote(plain).sshProgram(script.toString()), shelf);
        assertThat(shelf.note).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-oSetEnv=TOKEN=secret",
                "-oCanonicalizeHostname=yes",
                "-4oCanonicalizeHostname=yes",
                "-oControlPath=${HOME}/x",
                "-oHostName=%h"
            })
    void optionThatWouldHaveToBeLookedIntoIsNotKept(String option) {
        Box shelf = new Box();
        probe(remote(plain).extraOptions(List.of(option)), shelf);
        assertThat(shelf.note).isEmpty();
    }

    @Test
    void quietProgramThatDoesNotSayWhatItReadIsAskedEachTime() {
        Box shelf = new Box();
        probe(remote(plain).extraOptions(List.of("-E", "/dev/null")), shelf);
        assertThat(shelf.note).isEmpty();
    }

    @Test
    void freshFileIsNotBelievedYet() throws IOException {
        Box shelf = new Box();
        probe(remote(config("")), shelf);
        assertThat(shelf.note).isEmpty();
    }

    @Test
    void otherWordsOrAnotherProgramAreAskedFor() {
        Box shelf = new Box();
        probe(remote(plain), shelf);
        assertThat(probe(remote(plain), shelf)).isEqualTo(KEPT);
        assertThat(probe(remote(plain).port(23), shelf)).isEqualTo("asked.example");
        probe(remote(plain), shelf);
        assertThat(probe(remote(plain).sshProgram("/bin/../bin/ssh"), shelf)).isEqualTo("asked.example");
    }

    Stream<Arguments> common() {
        return arguments(common);
    }

    @ParameterizedTest
    @MethodSource
    void common(String name, Path config) throws IOException {
        probe(Remote.builder("box").configFile(config), new Box());
        KeptConfig.Known known = Objects.requireNonNull(commonOf(config).known);
        KeptConfig.Sample sample = Objects.requireNonNull(known.sample("box"));
        assertThat(sample.note()).contains("asked.example");
        // Spoilt where it is kept, to see who is told it.
        known.samples.replaceAll((signature, each) -> new KeptConfig.Sample(
                spoilt(each.note(), KEPT), each.hops(), each.configurations(), each.isAlsoHostName()));
        Remote.Builder third = Remote.builder("third").configFile(config);
        Box shelf = new Box();
        assertThat(probe(third, shelf)).isEqualTo(KEPT);
        String derived = identity(third.build(), shelf);
        known.samples.clear();
        assertThat(probe(third, shelf)).as("from its own shelf").isEqualTo(KEPT);
        assertThat(identity(third.build(), new Box()))
                .as("as ssh itself says for that host")
                .isEqualTo(derived);
        Files.writeString(config, Files.readString(config).replace("asked.example", "new.example"));
        assertThat(probe(Remote.builder("fourth").configFile(config), shelf)).isEqualTo("new.example");
    }

    private static String identity(Remote remote, KeptConfig.Shelf shelf) {
        return KeptConfig.read(remote, shelf, Job.create()).identityNow().orElseThrow();
    }

    @Test
    void hostWithABlockOfItsOwnIsAskedFor() throws IOException, InterruptedException {
        Path config = write("Host other\n    Port 24\nHost *\n    SetEnv PROBE=asked.example\n");
        rest();
        probe(Remote.builder("box").configFile(config), new Box());
        KeptConfig.Known known = Objects.requireNonNull(commonOf(config).known);
        known.samples.replaceAll((signature, each) -> new KeptConfig.Sample(
                spoilt(each.note(), KEPT), each.hops(), each.configurations(), each.isAlsoHostName()));
        assertThat(probe(Remote.builder("third").configFile(config), new Box())).isEqualTo(KEPT);
        assertThat(probe(Remote.builder("other").configFile(config), new Box())).isEqualTo("asked.example");
    }

    Stream<Arguments> notCommon() {
        return arguments(notCommon);
    }

    @ParameterizedTest
    @MethodSource
    void notCommon(String name, Path config) {
        assertThat(probe(Remote.builder("box").configFile(config), new Box())).isEqualTo("asked.example");
        assertThat(commonOf(config).known).isNull();
    }

    private static KeptConfig.Common commonOf(Path config) {
        return KeptConfig.Common.of(
                SshConfig.words(Remote.builder("any").configFile(config).build()),
                "",
                Programs.find("ssh").orElseThrow().toAbsolutePath());
    }

    /** A configuration that includes what is in two directories, of which one is not there yet. */
    private record Including(Path directory, Path config) {
        Path included() {
            return directory.resolve("one.conf");
        }

        Path later() {
            return directory.resolveSibling(directory.getFileName() + "-later");
        }
    }

    private Including including() throws IOException {
        Path directory = Files.createDirectory(temp.resolve("d" + files.incrementAndGet()));
        Files.writeString(directory.resolve("one.conf"), "Host box\n    User al\n");
        return new Including(directory, config("Include " + directory + "/*.conf " + directory + "-later/*\n"));
    }

    @Test
    void whateverChangesInTheFilesIsSeen() throws IOException, InterruptedException {
        List<Change> changes = List.of(
                it -> Files.writeString(it.config, BLOCK + Files.readString(it.config)),
                it -> {
                    FileTime time = Files.getLastModifiedTime(it.included());
                    Files.writeString(it.included(), "Host box\n    User ed\n");
                    Files.setLastModifiedTime(it.included(), time);
                },
                it -> Files.writeString(it.directory.resolve("two.conf"), ""),
                it -> Files.delete(it.included()),
                it -> Files.createDirectory(it.later()));
        List<Including> all = new ArrayList<>();
        for (int i = 0; i < changes.size(); i++) {
            all.add(including());
        }
        rest();
        for (int i = 0; i < changes.size(); i++) {
            Box shelf = new Box();
            Remote.Builder remote = remote(all.get(i).config);
            probe(remote, shelf);
            assertThat(probe(remote, shelf)).as("before change " + i).isEqualTo(KEPT);
            changes.get(i).make(all.get(i));
            assertThat(probe(remote, shelf)).as("change " + i).isEqualTo("asked.example");
        }
    }

    @FunctionalInterface
    private interface Change {
        void make(Including it) throws IOException;
    }

    @ParameterizedTest
    @CsvSource({
        "Host other, Ciphers aes128-ctr, ciphers",
        "Host box, ServerAliveInterval 7m, serveraliveinterval",
        "Host other, ServerAliveInterval 7m, ''",
        "Host box, serveraliveinterval=0, serveraliveinterval",
        "Host box, ServerAliveCountMax 3, serveralivecountmax",
        "Host other, ServerAliveCountMax 9, ''",
        "Host *, Port 24, ''"
    })
    void defaultYieldsOnlyToALineThatMayBeForTheHost(String block, String line, String keyword) throws IOException {
        Path config = write(block + "\n    " + line + "\n");
        KeptConfig.Resolved resolved = KeptConfig.read(remote(config).build(), KeptConfig.Shelf.NONE, Job.create());
        assertThat(String.join(" ", resolved.said())).isEqualTo(keyword);
    }

    @Test
    void defaultYieldsWhereSshDoesNotSayWhatItRead() throws IOException {
        Remote quiet =
                remote(config("")).extraOptions(List.of("-E", "/dev/null")).build();
        assertThat(KeptConfig.read(quiet, KeptConfig.Shelf.NONE, Job.create()).said())
                .contains("ciphers", "serveraliveinterval");
    }

    @Test
    void jumpHostsAreAskedForAsSshAsksForThem() {
        assertThat(JumpHosts.Hop.parse("gate")).isEqualTo(new JumpHosts.Hop(null, "gate", null));
        assertThat(JumpHosts.Hop.parse("al@gate:33")).isEqualTo(new JumpHosts.Hop("al", "gate", "33"));
        assertThat(JumpHosts.Hop.parse("ssh://al@gate:33")).isEqualTo(new JumpHosts.Hop("al", "gate", "33"));
        assertThat(JumpHosts.Hop.parse("al@[::1]:33")).isEqualTo(new JumpHosts.Hop("al", "::1", "33"));
        assertThat(JumpHosts.Hop.parse("[fe80::1]")).isEqualTo(new JumpHosts.Hop(null, "fe80::1", null));
        assertThat(JumpHosts.Hop.parse("fe80::1")).isEqualTo(new JumpHosts.Hop(null, "fe80::1", null));
    }

    @Test
    void identityIsTheSameFromTheShelfAndChangesWithWhatItPointsAt() throws IOException, InterruptedException {
        Path key = Files.writeString(temp.resolve("key" + files.incrementAndGet()), "one");
        Path config = config("IdentityFile " + key + "\n");
        rest();
        Box shelf = new Box();
        String asked = identity(remote(config).build(), shelf);
        assertThat(shelf.note).isPresent();
        assertThat(identity(remote(config).build(), shelf)).isEqualTo(asked);
        Files.writeString(key.resolveSibling(key.getFileName() + "-cert.pub"), "certificate");
        String certified = identity(remote(config).build(), shelf);
        assertThat(certified).isNotEqualTo(asked);
        Files.writeString(key, "three");
        assertThat(identity(remote(config).build(), shelf)).isNotEqualTo(asked).isNotEqualTo(certified);
    }

    @Test
    void noteThatIsCutOffOrSpoiltIsNoNote() {
        Box shelf = new Box();
        probe(remote(plain), shelf);
        String whole = shelf.note.orElseThrow();
        for (int end = 0; end < whole.length(); end += 1 + whole.length() / 100) {
            shelf.note = Optional.of(whole.substring(0, end));
            assertThat(probe(remote(plain), shelf)).as("cut at " + end).isEqualTo("asked.example");
        }
        shelf.note = Optional.of(whole.replace(KEPT, "forged.example"));
        assertThat(probe(remote(plain), shelf)).as("another text").isEqualTo("asked.example");
    }
}
