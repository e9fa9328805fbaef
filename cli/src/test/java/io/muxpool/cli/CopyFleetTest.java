package io.muxpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code muxpool push} and {@code pull} with many hosts: a real server that answers to every name but one. */
@Timeout(120)
final class CopyFleetTest {
    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private OpenSshServer server =
            OpenSshServer.builder().option("Subsystem", "sftp internal-sftp").start();
    private final Path here = directory("here");
    private final Path there = directory("there");

    private Path directory(String name) {
        try {
            return Files.createDirectory(temp.resolve(name));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        server.close();
        temp.close();
    }

    private String[] words(String command, String... rest) throws IOException {
        String down = "Host down*\n    Port 1\n";
        Path config =
                Files.writeString(temp.resolve("config"), down + Files.readString(server.clientConfigForAnyName()));
        List<String> words = new ArrayList<>(List.of(command, "-F", config.toString(), "--socket-dir"));
        words.add(temp.resolve("s").toString());
        words.addAll(List.of(rest));
        return words.toArray(String[]::new);
    }

    private Muxpool.Ended muxpool(String command, String... rest) throws IOException, InterruptedException {
        return Muxpool.run(temp.path(), words(command, rest));
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(temp.resolve(name), text).toString();
    }

    @Test
    void pushToManyHostsSaysALineForEach() throws Exception {
        String one = file("one", "1".repeat(2_000_000));
        String two = file("two", "2");
        Muxpool.Ended ended = muxpool("push", one, two, "web[08-10],db1:" + there + "/");
        assertThat(ended.code()).as(ended.stderr()).isZero();
        assertThat(ended.text().lines())
                .hasSize(4)
                .allMatch(line -> line.matches("(web08|web09|web10|db1): copied 2 files, 2000001 bytes in [0-9.]+ s"));
        assertThat(ended.stderr()).isEmpty();
        // Every name leads to the same place: the same copy, made four times at once.
        assertThat(there.toFile().list()).containsExactlyInAnyOrder("one", "two");
        assertThat(there.resolve("one")).hasSameBinaryContentAs(Path.of(one));
    }

    @Test
    void pullMakesADirectoryForEachHost() throws Exception {
        Files.writeString(there.resolve("log"), "x");
        Files.writeString(there.resolve("log2"), "y");
        Muxpool.Ended ended = muxpool(
                "pull", "--limit", "2", "web[1-3]:" + there + "/log", "web[1-3]:" + there + "/log2", here.toString());
        assertThat(ended.code()).as(ended.stderr()).isZero();
        assertThat(ended.text().lines()).hasSize(3);
        for (String host : List.of("web1", "web2", "web3")) {
            assertThat(here.resolve(host).resolve("log")).hasContent("x");
            assertThat(here.resolve(host).resolve("log2")).hasContent("y");
        }
    }

    @Test
    void aHostOutOfReachIsNamedAndTheOthersHaveTheirFiles() throws Exception {
        String one = file("one", "1");
        Muxpool.Ended pushed = muxpool("push", one, "web1,down,web2:" + there + "/");
        assertThat(pushed.code()).isEqualTo(255);
        assertThat(pushed.text().lines())
                .hasSize(2)
                .allMatch(line -> line.matches("web[12]: copied 1 file, 1 bytes in .*"));
        assertThat(pushed.stderr())
                .contains("muxpool: down: not started: ")
                .contains("muxpool: 2 of 3 hosts done in ")
                .endsWith("muxpool:   not started: down\n");
        Muxpool.Ended pulled = muxpool("pull", "web1,down,web2:" + there + "/one", here.toString());
        assertThat(pulled.code()).isEqualTo(255);
        assertThat(here.toFile().list()).containsExactlyInAnyOrder("web1", "web2");
    }

    @Test
    void whatIsMissingThereIsSaidForEachHost() throws Exception {
        Muxpool.Ended ended = muxpool("pull", "web[1-2]:" + there + "/nosuch", here.toString());
        assertThat(ended.code()).isEqualTo(255);
        assertThat(ended.stderr())
                .contains("muxpool: web1: not copied: ")
                .contains("muxpool: web2: not copied: ")
                .endsWith("muxpool:   failed: web[1-2]\n");
        assertThat(here).isEmptyDirectory();
    }

    @Test
    void jsonIsAnObjectALineForEachHost() throws Exception {
        Muxpool.Ended ended = muxpool("push", "--json", file("one", "1"), "web1,down:" + there + "/");
        assertThat(ended.code()).isEqualTo(255);
        assertThat(ended.text().lines()).hasSize(2);
        assertThat(ended.text())
                .contains("{\"host\":\"web1\",\"outcome\":\"copied\",\"files\":[{")
                .contains("{\"host\":\"down\",\"outcome\":\"not_started\",\"files\":[],\"message\":\"");
    }

    @Test
    void badWordsAreRefusedBeforeAnythingIsCopied() throws Exception {
        String one = file("one", "1");
        Files.createFile(here.resolve("web2"));
        for (String[] bad : List.of(
                words("push", one, "web[1-3:" + there + "/"),
                words("push", one, "web[1-3],web2:" + there + "/"),
                words("push", one, "web1,web1:" + there + "/"),
                words("push", one, "web1,!web1:" + there + "/"),
                words("push", one, "web1,-:" + there + "/"),
                words("push", one, "web1,a$b:" + there + "/"),
                words("push", "--limit", "0", one, "web[1-3]:" + there + "/"),
                words("push", one, temp.resolve("nosuch").toString(), "web[1-3]:" + there + "/"),
                words("push", temp.resolve("nosuch").toString(), "web[1-3]:" + there + "/"),
                words("push", one, "two", "web[1-3]:" + there),
                words("pull", "web[1-3]:" + one, here.resolve("nosuch").toString()),
                words("pull", "web[1-3]:" + one, here.toString()),
                words("pull", "web[4-5]:", here.toString()),
                words("pull", "web[4-5]:..", here.toString()),
                words("pull", "web4,.:" + one, here.toString()),
                words("pull", "web[4-5]:" + one, "web6:" + one, here.toString()))) {
            Muxpool.Ended ended = Muxpool.run(temp.path(), bad);
            String all = String.join(" ", bad);
            assertThat(ended.code()).as(all).isEqualTo(255);
            assertThat(ended.stderr())
                    .as(all)
                    .startsWith("muxpool: not started: ")
                    .contains("--help");
            assertThat(ended.stdout()).as(all).isEmpty();
        }
        assertThat(there).isEmptyDirectory();
        assertThat(here.toFile().list()).containsExactly("web2");
        assertThat(temp.resolve("s")).doesNotExist();
    }

    @Test
    void malformedNodeSetIsPointedAtWhereItStands() throws Exception {
        assertThat(muxpool("push", file("one", "1"), "web[1-3],db[x]:there").stderr())
                .startsWith("""
                muxpool: not started: 'web[1-3],db[x]': a number is expected at character 13 of the node set
                  web[1-3],db[x]
                              ^
                """);
    }

    @Test
    void interruptEndsWhatRunsAndSaysWhatIsKnown() throws Exception {
        server.close();
        Path mark = Files.createFile(temp.resolve("mark"));
        // It never says a word.
        server = OpenSshServer.builder()
                .asOrdinaryUser()
                .option("Subsystem", "sftp exec tail -q -f /dev/null " + mark)
                .start();
        Path err = temp.resolve("err");
        Process process = Muxpool.interruptible(words("push", "--limit", "2", file("one", "1"), "web[1-5]:x"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(err.toFile())
                .start();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> server.processes().values().stream()
                                .filter(line -> line.startsWith("tail") && line.contains(mark.toString()))
                                .count()
                        == 2);
        Processes.signal(process.pid(), "INT");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(err)
                .content()
                .contains("muxpool: starting no more, killing what runs")
                .contains("muxpool: 0 of 5 hosts done in ")
                .contains("muxpool:   cancelled: web[1-2]\n")
                .contains("muxpool:   skipped: web[3-5]\n");
        assertThat(server.processes().values()).noneMatch(line -> line.contains(mark.toString()));
    }

    @Test
    void aPlaceIsOneHostOrManyByItsForm() {
        assertThat(Place.parse("web[1-9/4],!web5:/x").hosts()).containsExactly("web1", "web9");
        assertThat(Place.parse("web[1]:a:b")).isEqualTo(new Place("web[1]", "a:b"));
        assertThat(Place.parse("web[1]:a").isSet()).isTrue();
        assertThat(Place.parse("deploy@web1:a").hosts()).containsExactly("deploy@web1");
        assertThat(Place.parse("web1,web2,web1,!web1:a").hosts()).containsExactly("web2");
        assertThatThrownBy(() -> Place.parse("web[1-3],web[3,4]:a").hosts()).hasMessageContaining("names twice: web3");
        assertThatThrownBy(() -> Place.parse("./web[1-3]:a")).isInstanceOf(IllegalArgumentException.class);
    }
}
