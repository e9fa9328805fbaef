package io.muxpool.stress.fuzz;

import io.muxpool.Exit;
import io.muxpool.TransportKind;
import java.util.List;
import java.util.function.Predicate;

/** What callers were told, held against what a fake server heard and said. */
final class Truth {
    private final Told told;
    private final List<ServedChannel> carriers;
    private final List<ServedChannel> tellers;
    private final boolean byProgram;

    private Truth(Told told, List<ServedChannel> carriers, List<ServedChannel> tellers, boolean byProgram) {
        this.told = told;
        this.carriers = carriers;
        this.tellers = tellers;
        this.byProgram = byProgram;
    }

    static void require(List<Told> told, List<ServedChannel> channels, TransportKind transport) {
        for (Told one : told) {
            List<ServedChannel> carriers = channels.stream()
                    .filter(channel -> channel.carried(one.mark()))
                    .toList();
            // A command may still be on its way when its end was told, of whatever channel.
            new Truth(one, carriers, carriers.isEmpty() ? channels : carriers, transport == TransportKind.PROCESS)
                    .require();
        }
    }

    private void require() {
        if (!told.started()) {
            require(
                    carriers.stream().allMatch(ServedChannel::refusedTheCommand),
                    "it came to the server, which took it");
        }
        if (told.exit() instanceof Exit.Exited exited) {
            // The program ends with the low byte of what its server has told.
            require(any(channel -> channel.toldStatus(exited.code(), byProgram)), "the server told no such status");
        } else if (told.exit() instanceof Exit.Signalled signalled) {
            require(any(channel -> channel.toldSignal(signalled.name())), "the server told of no such signal");
        }
        if (told.dead()) {
            require(any(ServedChannel::toldAnEnd), "the server told of no end");
        }
        long said = tellers.stream().mapToLong(ServedChannel::output).sum();
        require(told.output() <= said, "the server sent only " + said + " bytes");
    }

    private boolean any(Predicate<ServedChannel> holds) {
        return tellers.stream().anyMatch(holds);
    }

    private void require(boolean holds, String butInTruth) {
        if (!holds) {
            throw new AssertionError("a caller was told " + told + ", but " + butInTruth);
        }
    }
}
