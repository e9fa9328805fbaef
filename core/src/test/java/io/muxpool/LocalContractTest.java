package io.muxpool;

import java.nio.file.Path;

/** The contract in local mode. */
final class LocalContractTest extends TransportContract {
    @Override
    Remote start(Path socketDir) {
        return Remote.local();
    }

    @Override
    void stop() {}
}
