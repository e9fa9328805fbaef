package io.muxpool.internal.mux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SpareTrustTest {
    private final SpareTrust trust = new SpareTrust();
    private final Spare spare = new Spare(ended -> {}, closed -> {});
    private final Object first = new Object();
    private final Object second = new Object();

    @Test
    void aServerThatGivesNoWindowBeforeACommandIsOpenSshAndTrustedAtOnce() {
        trust.confirmed(first, 0);
        assertThat(trust.mayUse()).isTrue();
        assertThat(trust.failed())
                .as("its channels end without a status for other reasons")
                .isFalse();
        assertThat(trust.mayUse()).isTrue();
    }

    @Test
    void anotherServerIsTrustedWhenASpareIsStillOpenBehindACommandsEnd() {
        trust.opening(first);
        trust.confirmed(first, 1000);
        trust.confirmed(spare, 1000);
        assertThat(trust.mayUse()).isFalse();
        trust.commandEnded();
        // Its CLOSE may be on its way: only what the server says behind the end proves anything.
        assertThat(trust.mayUse()).isFalse();
        trust.opening(second);
        trust.confirmed(second, 1000);
        assertThat(trust.mayUse()).isTrue();
    }

    @Test
    void anOpenThatWasSentBeforeTheEndProvesNothing() {
        trust.opening(first);
        trust.confirmed(first, 1000);
        trust.confirmed(spare, 1000);
        trust.opening(second);
        trust.commandEnded();
        trust.confirmed(second, 1000);
        assertThat(trust.mayUse()).isFalse();
    }

    @Test
    void aServerThatClosesTheSpareIsKnownForItOnce() {
        trust.opening(first);
        trust.confirmed(first, 1000);
        trust.confirmed(spare, 1000);
        trust.commandEnded();
        assertThat(trust.closed(spare)).isTrue();
        assertThat(trust.closed(spare)).isFalse();
        trust.opening(second);
        trust.confirmed(second, 1000);
        assertThat(trust.state()).isEqualTo(SpareTrust.State.CLOSES);
    }

    @Test
    void aCommandWithoutAnEndOnASpareCostsTheTrust() {
        trust.confirmed(first, 1000);
        trust.confirmed(spare, 1000);
        trust.commandEnded();
        trust.opening(second);
        trust.confirmed(second, 1000);
        assertThat(trust.failed()).isTrue();
        assertThat(trust.failed()).isFalse();
        assertThat(trust.mayUse()).isFalse();
    }
}
