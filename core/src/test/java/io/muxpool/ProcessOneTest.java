package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** In a container where the JVM is process 1, nobody else waits for what loses its parent. */
@Timeout(120)
final class ProcessOneTest {
    private static final List<String> CONTAINER = List.of("unshare", "--pid", "--fork", "--mount-proc", "--kill-child");

    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private OpenSshServer server = OpenSshServer.builder().start();

    @BeforeEach
    void requireNamespaces() throws Exception {
        List<String> words = new ArrayList<>(CONTAINER);
        words.add("true");
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assumeTrue(process.waitFor() == 0, "unshare (Debian: util-linux) can make no namespace here: it needs root");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "perl is not installed (Debian: perl-base)");
    }

    @AfterEach
    void stop() {
        server.close();
        temp.close();
    }

    private OtherJvm processOne(String deed, String... more) throws IOException {
        return processOne(List.of(), deed, more);
    }

    private OtherJvm processOne(List<String> before, String deed, String... more) throws IOException {
        Path config = Files.writeString(
                temp.resolve("config"),
                """
                Host behind
                    HostName 127.0.0.1
                    Port %d
                    ProxyJump box
                Host silent
                    HostName 127.0.0.1
                Host refused
                    HostName 127.0.0.1
                    Port %d
                    User no-such-user
                """.formatted(server.port(), server.port())
                        + Files.readString(server.clientConfig()).replaceFirst("(?m)^Host .*$", "Host box behind")
                        + """

                Host *
                    UserKnownHostsFile /dev/null
                    GlobalKnownHostsFile /dev/null
                    StrictHostKeyChecking no
                """);
        List<String> words = new ArrayList<>(before);
        words.addAll(CONTAINER);
        List<String> args = new ArrayList<>(
                List.of(deed, config.toString(), temp.resolve("s").toString()));
        args.addAll(List.of(more));
        // Another one that is process 1 would have the same file for its counters.
        return OtherJvm.startBy(words, ProcessOne.class, List.of("-XX:-UsePerfData"), args.toArray(String[]::new));
    }

    @Test
    void masterThatIsStoppedLeavesNoZombie() throws IOException {
        try (OtherJvm jvm = processOne("stop")) {
            assertThat(jvm.lines(2)).containsExactly("hello", "others: []");
        }
    }

    @Test
    void masterThatIsKilledLeavesNoZombieAndNorDoesItsJump() throws IOException {
        try (OtherJvm jvm = processOne("kill")) {
            assertThat(jvm.lines(2)).containsExactly("hello", "others: []");
        }
    }

    @Test
    void refusedLoginIsToldAsElsewhereAndLeavesNothing() throws IOException {
        try (OtherJvm jvm = processOne("refused")) {
            assertThat(jvm.line())
                    .startsWith("SshConnectException: cannot connect to refused: ")
                    .contains("Permission denied (publickey")
                    .doesNotContain("perl");
            assertThat(jvm.line()).isEqualTo("others: []");
        }
    }

    @Test
    void loginThatIsGivenUpLeavesNothing() throws IOException {
        try (OtherJvm jvm = processOne("silent")) {
            assertThat(jvm.line()).startsWith("JobCancelledException: ").contains("while connecting");
            assertThat(jvm.line()).isEqualTo("others: []");
        }
    }

    @Test
    void doctorHasNothingToSayOfIt() throws IOException {
        try (OtherJvm jvm = processOne("doctor")) {
            assertThat(jvm.line()).isEqualTo("nothing about process 1");
        }
    }

    /** Without perl everything works as elsewhere, but for the zombies; the doctor tells. */
    @Test
    void doctorTellsWhereThereIsNoPerl() throws IOException {
        Path programs = Files.createDirectory(temp.resolve("bin"));
        for (String program : List.of("sh", "setsid", "unshare")) {
            Files.createSymbolicLink(programs.resolve(program), Path.of("/usr/bin/" + program));
        }
        Files.createSymbolicLink(programs.resolve("ssh"), Path.of(absolute(Ssh.program())));
        List<String> poor = List.of("/usr/bin/env", "PATH=" + programs);
        try (OtherJvm jvm = processOne(poor, "doctor")) {
            assertThat(jvm.line())
                    .contains("stays a zombie")
                    .contains("there is no perl")
                    .contains("--init");
        }
        try (OtherJvm jvm = processOne(poor, "stop")) {
            assertThat(jvm.line()).isEqualTo("hello");
            assertThat(jvm.line()).contains("(ssh) Z");
        }
    }

    private static String absolute(String program) {
        return program.contains("/") ? program : "/usr/bin/" + program;
    }
}
