package io.muxpool.internal.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.Job;
import io.muxpool.JobTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoginPaceTest {
    private static final List<String> CLOSED = List.of(
            "kex_exchange_identification: Connection closed by remote host", "Connection closed by 127.0.0.1 port 22");
    private static final String VERSION = "debug1: kex.c:kex_exchange_identification():1456 (pid=1): Remote protocol"
            + " version 2.0, remote software version OpenSSH_9.2";

    private final List<LoginPace.Login> open = new ArrayList<>();

    @AfterEach
    void close() {
        open.forEach(LoginPace.Login::close);
    }

    private LoginPace.Login login(String... servers) {
        LoginPace.Login login = LoginPace.login(List.of(servers));
        open.add(login);
        return login;
    }

    private void begin(String... servers) {
        login(servers).begin(Job.withTimeout(Duration.ofMillis(300)), "connecting");
    }

    @Test
    void loginsToDifferentServersDoNotWaitForEachOther() {
        for (int i = 0; i < 1000; i++) {
            begin("host" + i + " 22");
        }
    }

    @Test
    void loginsToOneServerOrThroughOneJumpHostWait() {
        for (int i = 0; i < 8; i++) {
            begin("web" + i + " 22", "gate 22");
        }
        assertThatThrownBy(() -> begin("web9 22", "gate 22"))
                .isInstanceOf(JobTimeoutException.class)
                .hasMessageContaining("connecting");
        begin("web9 22");
        open.get(0).close();
        begin("web9 22", "gate 22");
    }

    @Test
    void serverThatLetsNobodyInIsGivenUp() {
        LoginPace.Login login = login("refusing 22");
        int tries = 0;
        do {
            login.begin(Job.create(), "connecting");
            tries++;
        } while (login.refused(CLOSED, Job.create()));
        assertThat(tries).isEqualTo(6);
        assertThat(login.refusals()).isEqualTo(6);
    }

    @Test
    void refusalAtAJumpHostIsToldFromOneAtTheHostBehindIt() {
        LoginPace.Login behind = login("behind 22", "gate1 22");
        behind.begin(Job.create(), "connecting");
        assertThat(behind.refused(CLOSED, Job.create())).isTrue();
        begin("other 22", "gate1 22");
        assertThatThrownBy(() -> login("behind 22").begin(Job.withTimeout(Duration.ofMillis(10)), "connecting"))
                .isInstanceOf(JobTimeoutException.class);
        LoginPace.Login atGate = login("third 22", "gate2 22");
        atGate.begin(Job.create(), "connecting");
        List<String> both = new ArrayList<>(CLOSED);
        both.addAll(CLOSED);
        assertThat(atGate.refused(both, Job.create())).isTrue();
        begin("third 22");
    }

    @Test
    void refusalIsTheServersOwnAndBeforeKeysAreExchanged() {
        assertThat(LoginPace.isRefusal(CLOSED, CLOSED)).isTrue();
        for (String line : List.of(
                "kex_exchange_identification: read: Connection reset by peer",
                "ssh_exchange_identification: Connection closed by remote host",
                "kex_exchange_identification: write: Broken pipe")) {
            assertThat(LoginPace.isRefusal(List.of(), List.of(line))).as(line).isTrue();
        }
        List<String> reset = List.of("Connection reset by 127.0.0.1 port 22");
        assertThat(LoginPace.isRefusal(List.of(VERSION), reset)).isTrue();
        assertThat(LoginPace.isRefusal(
                        List.of(VERSION, "debug1: kex.c:kex_input_newkeys():1 (pid=1): SSH2_MSG_NEWKEYS received"),
                        reset))
                .as("an account that is closed, or a login that takes too long")
                .isFalse();
        for (String line : List.of(
                "stdio forwarding failed",
                "alice@gate: Permission denied (publickey).",
                "Host key verification failed.",
                "ssh: connect to host gate port 22: Connection refused")) {
            List<String> complaints = new ArrayList<>(CLOSED);
            complaints.add(0, line);
            assertThat(LoginPace.isRefusal(complaints, complaints)).as(line).isFalse();
        }
    }
}
