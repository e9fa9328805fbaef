package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the transport plain reads out of ssh's own log, in the words of OpenSSH 9.2 and of hpnssh 18 (its clientloop.c). */
final class PlainLogTest {
    private static final String OPENSSH = "debug1: client_input_channel_req: channel 0 rtype exit-%s reply 0";
    private static final String HPNSSH =
            "debug1: client_input_channel_req: client_input_channel_req: channel 0 rtype exit-%s reply 0";
    private static final String DEAD = "debug2: channel 0: is dead";

    private final ShortTemp temp = ShortTemp.create();

    @AfterEach
    void remove() {
        temp.close();
    }

    /** Runs a program in the place of ssh, which writes these lines into its log and ends with this status. */
    private CommandResult run(int status, String... log) throws IOException {
        Path lines = Files.write(temp.resolve("lines"), List.of(log));
        Path program = Files.writeString(temp.resolve("ssh"), """
                #!/bin/sh
                if [ "$1" = -V ]; then echo 'OpenSSH_10.2p1' >&2; exit 0; fi
                for word; do
                  if [ "$before" = -E ]; then cat '%s' >"$word"; fi
                  before=$word
                done
                echo out
                exit %d
                """.formatted(lines, status));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Remote remote = Remote.builder("user@host")
                .sshProgram(program.toString())
                .socketDir(temp.resolve("sockets"))
                .transport(TransportKind.PLAIN)
                .build();
        try (ConnectionPool pool = ConnectionPool.open(remote, "plain")) {
            return pool.run("command");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {OPENSSH, HPNSSH})
    void theServersWordOnTheStatusIsUnderstood(String line) throws IOException {
        for (int status : List.of(0, 7, 255)) {
            CommandResult result = run(status, line.formatted("status"), DEAD);
            assertThat(result.exit()).isEqualTo(new Exit.Exited(status));
            assertThat(result.stdoutText()).isEqualTo("out\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {OPENSSH, HPNSSH})
    void theServersWordOnASignalIsUnderstood(String line) throws IOException {
        assertThat(run(255, line.formatted("signal"), DEAD).exit()).isInstanceOf(Exit.Ambiguous.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {OPENSSH, HPNSSH})
    void aStatusWhoseOutputMayBeMissingIsUnknown(String line) {
        assertThatThrownBy(() -> run(0, line.formatted("status"), "debug2: channel 0: rcvd close"))
                .isInstanceOf(OutcomeUnknownException.class);
    }

    /** What a server says is quoted in the log, too. */
    @Test
    void aServersOwnWordsAreNotTakenForTheLog() {
        for (String forged : List.of(
                "debug1: Remote: " + OPENSSH.formatted("status"),
                "debug1: Remote: client_input_channel_req: channel 0 rtype exit-status reply 0",
                "debug1: client_input_channel_req: channel 0 rtype x rtype exit-status reply 0")) {
            assertThatThrownBy(() -> run(0, forged, DEAD)).isInstanceOf(OutcomeUnknownException.class);
        }
    }
}
