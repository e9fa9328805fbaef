package io.muxpool.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.RetryPolicy;
import io.muxpool.RetryableException;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code muxpool push} and {@code muxpool pull} as scripts see them. */
@Timeout(120)
final class CopyCommandsTest {
    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server =
            OpenSshServer.builder().option("Subsystem", "sftp internal-sftp").start();

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        server.close();
        temp.close();
    }

    private record Ended(int code, String stdout, String stderr) {}

    private Ended muxpool(String command, String... rest) throws Exception {
        return run(words(command, rest));
    }

    private List<String> words(String command, String... rest) {
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "io.muxpool.cli.Main",
                command,
                "-F",
                server.clientConfig().toString(),
                "--socket-dir",
                temp.resolve("s").toString()));
        argv.addAll(List.of(rest));
        return argv;
    }

    /** The same, or any other program, with a umask of its own. */
    private Ended withUmask(String umask, List<String> argv) throws Exception {
        List<String> words = new ArrayList<>(List.of("sh", "-c", "umask " + umask + " && exec \"$@\"", "sh"));
        words.addAll(argv);
        return run(words);
    }

    private Ended run(List<String> argv) throws Exception {
        Path out = temp.resolve("stdout");
        Path err = temp.resolve("stderr");
        Process process = new ProcessBuilder(argv)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        process.getOutputStream().close();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    @Test
    void filesGoThereAndComeBack() throws Exception {
        Path one = Files.writeString(temp.resolve("one"), "1".repeat(3_000_000));
        Path two = Files.writeString(temp.resolve("-two"), "2");
        Path far = Files.createDirectory(temp.resolve("far"));
        Ended pushed = muxpool("push", "--", one.toString(), two.toString(), "box:" + far + "/");
        assertThat(pushed).isEqualTo(new Ended(0, "", ""));
        assertThat(far.resolve("-two")).hasSameBinaryContentAs(two);
        Path near = Files.createDirectory(temp.resolve("near"));
        Ended pulled = muxpool("pull", "--json", "box:" + far + "/one", "box:" + far + "/-two", near.toString());
        assertThat(pulled.code()).as(pulled.stderr()).isZero();
        assertThat(pulled.stdout())
                .startsWith("{\"outcome\":\"copied\",\"files\":[{")
                .contains("\"bytes\":3000000");
        assertThat(near.resolve("one")).hasSameBinaryContentAs(one);
        assertThat(near.resolve("-two")).hasSameBinaryContentAs(two);
    }

    @Test
    void whatIsNotCopiedIsSaidInOneLine() throws Exception {
        Ended missing = muxpool("pull", "box:/nosuch/file", temp.resolve("x").toString());
        assertThat(missing.code()).isEqualTo(255);
        assertThat(missing.stderr()).startsWith("muxpool: not copied: ").contains("/nosuch/file");
        assertThat(missing.stderr().lines()).hasSize(1);
        Ended json = muxpool("push", "--json", temp.resolve("nosuch").toString(), "box:x");
        assertThat(json.code()).isEqualTo(255);
        assertThat(json.stdout()).startsWith("{\"outcome\":\"failed\",\"files\":[],\"message\":\"not copied: ");
        Ended late = muxpool("push", "--timeout", "1ms", server.clientConfig().toString(), "box:x");
        assertThat(late.code()).isEqualTo(124);
    }

    @Test
    void noticesAreOnStandardErrorAndInJson() throws Exception {
        Path old = Files.writeString(temp.resolve("old"), "of 1969");
        Files.setLastModifiedTime(old, FileTime.fromMillis(-1000));
        String there = "box:" + temp.resolve("there");
        Ended pushed = muxpool("push", old.toString(), there);
        assertThat(pushed.code()).as(pushed.stderr()).isZero();
        assertThat(pushed.stderr()).startsWith("muxpool: SFTP has no word for the time");
        assertThat(pushed.stderr().lines()).hasSize(1);
        Ended json = muxpool("push", "--json", "--inplace", old.toString(), there);
        assertThat(json.code()).isZero();
        assertThat(json.stdout()).contains("\"notices\":[\"SFTP has no word for the time");
        assertThat(json.stderr()).isEmpty();
        assertThat(temp.resolve("there")).hasContent("of 1969");
    }

    @Test
    void aPatternStandsForTheFilesThatItMatches() throws Exception {
        Path far = temp.resolve("far");
        Files.createDirectories(far.resolve("d"));
        for (String name : List.of("a.log", "b.log", "c.txt", "d/a.log")) {
            Files.writeString(far.resolve(name), name);
        }
        Path near = Files.createDirectory(temp.resolve("near"));
        Ended pulled = muxpool("pull", "box:" + far + "/*.log", near.toString());
        assertThat(pulled).isEqualTo(new Ended(0, "", ""));
        assertThat(near.toFile().list()).containsExactlyInAnyOrder("a.log", "b.log");
        Ended one = muxpool("pull", "box:" + far + "/c.*", temp.resolve("one").toString());
        assertThat(one.code()).as(one.stderr()).isZero();
        assertThat(temp.resolve("one")).hasContent("c.txt");
        Ended many =
                muxpool("pull", "box:" + far + "/*.log", temp.resolve("two").toString());
        assertThat(many.code()).isEqualTo(255);
        assertThat(many.stderr()).contains("is 2 files", "need a directory");
        Ended clash = muxpool("pull", "box:" + far + "/a.log", "box:" + far + "/*/*.log", near.toString());
        assertThat(clash.code()).isEqualTo(255);
        assertThat(clash.stderr()).contains("two files would have one place");
    }

    @Test
    void theUmaskIsHeededAsScpHeedsIt() throws Exception {
        Path far = Files.writeString(temp.resolve("far"), "content");
        Files.setPosixFilePermissions(far, PosixFilePermissions.fromString("rwxrw-r--"));
        for (String umask : List.of("077", "027", "022")) {
            Path ours = temp.resolve("ours" + umask);
            Path theirs = temp.resolve("theirs" + umask);
            Ended pulled = withUmask(umask, words("pull", "box:" + far, ours.toString()));
            assertThat(pulled.code()).as(pulled.stderr()).isZero();
            Ended scp = withUmask(
                    umask,
                    List.of("scp", "-q", "-F", server.clientConfig().toString(), "box:" + far, theirs.toString()));
            assertThat(scp.code()).as(scp.stderr()).isZero();
            assertThat(Files.getPosixFilePermissions(ours)).isEqualTo(Files.getPosixFilePermissions(theirs));
        }
    }

    @Test
    void linksToFilesOfOneNameAreSeveralFiles() throws Exception {
        for (String name : List.of("a", "b")) {
            Path directory = Files.createDirectory(temp.resolve("v" + name));
            Files.writeString(directory.resolve("data"), name);
            Files.createSymbolicLink(temp.resolve(name), directory.resolve("data"));
        }
        Path far = Files.createDirectory(temp.resolve("far"));
        Ended pushed =
                muxpool("push", temp.resolve("a").toString(), temp.resolve("b").toString(), "box:" + far + "/");
        assertThat(pushed).isEqualTo(new Ended(0, "", ""));
        assertThat(far.resolve("a")).hasContent("a");
        assertThat(far.resolve("b")).hasContent("b");
        assertThat(far.toFile().list()).hasSize(2);
    }

    @Test
    void wordsThatMakeNoSenseAreRefused() throws Exception {
        String file = Files.write(temp.resolve("file"), "x".getBytes(UTF_8)).toString();
        for (String[] words : new String[][] {
            {"push", file, "nocolon"},
            {"push", file},
            {"push", "/", "box:x"},
            {"push", "--limit", "0", file, "box:x"},
            {"push", file, file, "box:notadirectory"},
            {"push", "--stripes", "0", file, "box:x"},
            {"pull", "box:a", "other:b", temp.path().toString()},
            {"pull", "box:a/x", "box:b/x", temp.path().toString()},
            {"push", file, file, "box:there/"},
            {"push", file, temp.resolve("nosuch").toString(), "box:there/"},
            {"pull", file, file}
        }) {
            Ended refused =
                    muxpool(words[0], List.of(words).subList(1, words.length).toArray(String[]::new));
            assertThat(refused.code()).as(String.join(" ", words)).isEqualTo(255);
            assertThat(refused.stderr()).contains("not started: ").contains("See: ");
        }
    }

    @Test
    void retriesAreCountedHoweverLongACopyTook() {
        AtomicLong now = new AtomicLong();
        RetryPolicy policy = CopyOptions.policy(3).toBuilder()
                .clock(now::get)
                .sleeper(nanos -> {})
                .build();
        AtomicInteger tries = new AtomicInteger();
        assertThatThrownBy(() -> policy.call(retry -> {
                    tries.incrementAndGet();
                    now.addAndGet(TimeUnit.HOURS.toNanos(1));
                    throw new RetryableException("lost");
                }))
                .hasMessageContaining("lost");
        assertThat(tries).hasValue(4);
    }

    @Test
    void aRemoteFileIsHostAndPath() {
        assertThat(Place.parse("u@h:a:b")).isEqualTo(new Place("u@h", "a:b"));
        assertThat(Place.parse("h:")).isEqualTo(new Place("h", ""));
        assertThat(Place.parse("u@[::1]:/x")).isEqualTo(new Place("u@::1", "/x"));
        assertThat(Place.parse("[fe80::1%eth0]:x").isSet()).isFalse();
        assertThatThrownBy(() -> Place.parse("./a:b")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Place.parse(":x")).isInstanceOf(IllegalArgumentException.class);
    }
}
