package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract in local mode. */
final class LocalContractTest extends TransportContract {
    @Override
    Remote start(Path socketDir) {
        return Remote.local();
    }

    @Override
    void stop() {}

    @Test
    void aTerminalOrASubsystemIsNothingThatALocalCommandCanHave() {
        try (ConnectionPool pool = ConnectionPool.open(Remote.local(), "local")) {
            for (Command command : List.of(Command.of("tty").withPty(Pty.of(80, 24)), Command.subsystem("sftp"))) {
                assertThatThrownBy(() -> pool.run(command))
                        .isInstanceOfSatisfying(
                                NotStartedException.class,
                                e -> assertThat(e.retrySafe()).isFalse())
                        .hasMessageContaining("a remote");
            }
        }
    }

    @Override
    Ending endingOfAKilledCommand() {
        return Ending.confirmedDead();
    }
}
