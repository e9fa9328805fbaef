package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which masters a pool may use: the user's own, a warm one, or a new one. */
@Timeout(120)
class AttachPolicyTest {
    @RegisterExtension
    final LeakCheck leaks =
            LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop|async).*"));

    private final ShortTemp sockets = ShortTemp.create();
    private @Nullable OpenSshServer server;

    @AfterEach
    void stop() {
        LeakCheck.endMasters(sockets.path());
        if (server != null) {
            server.close();
        }
        sockets.close();
    }

    private Remote.Builder remote(Path config) {
        return Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(config)
                .socketDir(sockets.path());
    }

    @Test
    void aGuestUsesTheUsersOwnMasterAndLeavesItAsItWas() throws Exception {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        Path own = sockets.resolve("own");
        Path config = sockets.resolve("config");
        Files.writeString(config, "ControlPath " + own + "\n" + Files.readString(started.clientConfig()));
        Remote guest = remote(config).attach(AttachPolicy.REQUIRE_EXISTING).build();
        try (ConnectionPool pool = ConnectionPool.open(guest, "guest")) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(NotStartedException.class)
                    .hasMessageContaining(own.toString())
                    .hasMessageContaining("ssh -M");
            // No login was made.
            assertThat(started.log()).doesNotContain("Accepted publickey");
            assertThat(new ProcessBuilder(
                                    Ssh.program(),
                                    "-F",
                                    config.toString(),
                                    "-MNf",
                                    "-oControlPersist=no",
                                    SshEndpoint.ALIAS)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor())
                    .isZero();
            CommandResult result = pool.run("echo", "guest").check();
            assertThat(result.stdoutText()).isEqualTo("guest\n");
            assertThat(result.reused()).isTrue();
            assertThat(result.masterPid().orElseThrow()).isPositive();
        }
        // It goes on, nobody has a lease of it, and nothing was left beside it.
        assertThat(own).exists();
        assertThat(Leases.list(sockets.path())).isEmpty();
        try (Stream<Path> files = Files.list(sockets.path())) {
            assertThat(files).containsExactlyInAnyOrder(own, config);
        }
        assertThat(new ProcessBuilder(Ssh.program(), "-F", config.toString(), "-O", "exit", SshEndpoint.ALIAS)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void aGuestIsToldOfAMasterThatHasNoSessionLeft() throws Exception {
        OpenSshServer started =
                OpenSshServer.builder().option("MaxSessions", "1").start();
        server = started;
        Path own = sockets.resolve("own");
        Path config = sockets.resolve("config");
        Files.writeString(config, "ControlPath " + own + "\n" + Files.readString(started.clientConfig()));
        // Its own session is the only one there may be.
        Process login = new ProcessBuilder(
                        Ssh.program(), "-F", config.toString(), "-M", "-oControlPersist=no", SshEndpoint.ALIAS, "cat")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            login.getOutputStream().write('x');
            login.getOutputStream().flush();
            assertThat(login.getInputStream().read()).isEqualTo('x');
            Remote guest = remote(config).attach(AttachPolicy.REQUIRE_EXISTING).build();
            try (ConnectionPool pool = ConnectionPool.open(guest, "guest")) {
                assertThatThrownBy(() -> pool.run("true"))
                        .isInstanceOf(SshConnectException.class)
                        .hasMessageContaining("no session left");
            }
            assertThat(started.log().split("no more sessions", -1).length - 1).isLessThanOrEqualTo(2);
            List<Finding> findings = Doctor.examine(guest, Job.create(), each -> {});
            assertThat(findings)
                    .extracting(Finding::check, Finding::verdict)
                    .contains(tuple("connection", Finding.Verdict.OK), tuple("multiplexing", Finding.Verdict.PROBLEM));
            assertThat(started.log().split("Accepted publickey", -1)).hasSize(2);
        } finally {
            login.getOutputStream().close();
            login.waitFor();
        }
    }

    @Test
    void withoutAControlPathAGuestIsToldSo() {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        Remote guest = remote(started.clientConfig())
                .attach(AttachPolicy.REQUIRE_EXISTING)
                .build();
        try (ConnectionPool pool = ConnectionPool.open(guest, "guest")) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(NotStartedException.class)
                    .hasMessageContaining("has no ControlPath");
        }
    }

    @Test
    void alwaysNewNeverTakesAWarmMasterOver() {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        long first;
        try (ConnectionPool pool =
                ConnectionPool.open(remote(started.clientConfig()).build(), "attach")) {
            first = pool.run("true").masterPid().orElseThrow();
        }
        Remote always =
                remote(started.clientConfig()).attach(AttachPolicy.ALWAYS_NEW).build();
        try (ConnectionPool pool = ConnectionPool.open(always, "attach")) {
            CommandResult result = pool.run("true");
            assertThat(result.masterPid().orElseThrow()).isNotEqualTo(first);
            assertThat(result.reused()).isFalse();
        }
        try (ConnectionPool pool =
                ConnectionPool.open(remote(started.clientConfig()).build(), "attach")) {
            assertThat(pool.run("true").reused()).isTrue();
        }
    }
}
