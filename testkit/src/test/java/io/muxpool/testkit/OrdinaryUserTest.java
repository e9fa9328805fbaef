package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class OrdinaryUserTest {

    @Test
    void runsCommandsAsAUserWhoIsNotRoot() {
        try (OpenSshServer server = OpenSshServer.builder().asOrdinaryUser().start()) {
            Run run = Run.ssh(server.clientConfig(), "box", "id -u; id -un; pwd; echo $HOME; echo x >file; cat file");
            assertThat(run.err()).isEmpty();
            assertThat(run.out().lines())
                    .hasSize(5)
                    .endsWith(
                            server.user(),
                            server.home().toString(),
                            server.home().toString(),
                            "x")
                    .first()
                    .isNotEqualTo("0");
        }
    }

    /** What the option is for: as root, sshd up to 9.7 would refuse. */
    @Test
    void letsAClientSignalItsCommand() throws IOException {
        try (ShortTemp temp = ShortTemp.create();
                OpenSshServer server = OpenSshServer.builder().asOrdinaryUser().start()) {
            Run.master(server, temp.resolve("s"));
            try (MuxClient client = MuxClient.attached(temp.resolve("s"))) {
                client.open(1, 100_000);
                Fields confirmation = client.frame(Frame.OPEN_CONFIRMATION).fields();
                confirmation.uint32();
                long serverId = confirmation.uint32();
                client.request(serverId, "exec", "echo started; exec sleep 615");
                client.frame(Frame.WINDOW_ADJUST);
                client.frame(Frame.SUCCESS);
                client.frame(Frame.DATA);
                client.request(serverId, "signal", "TERM");
                client.frame(Frame.SUCCESS);
                assertThat(awaitRequest(client, "exit-signal").requestFields().text())
                        .isEqualTo("TERM");
            }
            LeakCheck.endMasters(temp.path());
        }
    }

    @Test
    void keepsAccountsApartAndRemovesEachWithWhatItRuns() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "Only root makes accounts");
        OpenSshServer one = OpenSshServer.builder().asOrdinaryUser().start();
        OpenSshServer other = OpenSshServer.builder().asOrdinaryUser().start();
        assertThat(one.user()).startsWith("mpk").isNotEqualTo(other.user());
        // A daemon that is no descendant of the server's any more.
        long daemon = Long.parseLong(
                Run.ssh(one.clientConfig(), "box", "setsid sleep 616 </dev/null >/dev/null 2>&1 & echo $!")
                        .out()
                        .strip());
        assertThat(Processes.alive(daemon)).isTrue();

        one.close();

        assertThat(Processes.alive(daemon)).isFalse();
        assertThat(accounts()).contains(other.user()).doesNotContain(one.user());
        assertThat(Run.ssh(other.clientConfig(), "box", "echo hi").out()).isEqualTo("hi\n");
        other.close();
        assertThat(accounts()).doesNotContain(other.user());
    }

    @Test
    void removesTheAccountOfAJvmThatDied() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "Only root makes accounts");
        String stale = "mpkstale" + Long.toString(ProcessHandle.current().pid(), 36);
        // Born at no such time: another process had this pid.
        String comment = "muxpool test of process " + ProcessHandle.current().pid() + " born 12345";
        Process useradd = new ProcessBuilder("/usr/sbin/useradd", "-r", "-M", "-N", "-c", comment, stale)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        useradd.getOutputStream().close();
        assertThat(useradd.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(accounts()).contains(stale);
        try (ThrowAwayAccount account = ThrowAwayAccount.create(Path.of("/nonexistent"), Path.of("/bin/sh"))) {
            assertThat(accounts()).contains(account.name()).doesNotContain(stale);
        }
    }

    private static Frame awaitRequest(MuxClient client, String name) {
        long start = System.nanoTime();
        Frame frame = client.frame();
        while (!frame.isRequest(name)) {
            assertThat(System.nanoTime() - start)
                    .isLessThan(Duration.ofSeconds(10).toNanos());
            frame = client.frame();
        }
        return frame;
    }

    private static List<String> accounts() throws IOException {
        return Files.readAllLines(Path.of("/etc/passwd"), StandardCharsets.ISO_8859_1).stream()
                .map(line -> line.substring(0, line.indexOf(':')))
                .toList();
    }
}
