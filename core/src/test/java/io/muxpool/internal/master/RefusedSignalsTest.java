package io.muxpool.internal.master;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefusedSignalsTest {
    private static String said(String software) {
        return new ServerFacts(software, null, null, null).refusedSignals();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dropbear_2022.83", "tinyssh_20230101", "AsyncSSH_2.10.1", "Go", "mod_sftp"})
    void versionsOfSshdAreNotBlamedOnServersThatAreNoSshd(String software) {
        assertThat(said(software)).contains("(" + software + ")").doesNotContain("9.7");
    }

    @Test
    void opensshIsNamedWithItsVersion() {
        assertThat(said("OpenSSH_9.2p1 Debian-2"))
                .contains("(OpenSSH_9.2p1 Debian-2)")
                .contains("up to 9.7 for root");
    }

    @Test
    void unknownServerIsSaidToBeUnknown() {
        assertThat(ServerFacts.UNKNOWN.refusedSignals()).contains("What it is, is not known");
    }
}
