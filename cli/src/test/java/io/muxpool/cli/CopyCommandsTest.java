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
