package io.muxpool.stress.fuzz;

import io.muxpool.TransportKind;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Both stages, and what must not notice what goes on there. */
final class Theatre implements AutoCloseable {
    private final ShortTemp temp = ShortTemp.create();
    /** That a server cannot be reached is an error, and not the client's; its own come with an exception. */
    private final Complaints complaints = new Complaints(error -> error.getThrown() != null);

    private final Neighbour neighbour = new Neighbour(temp);
    private final Stage mux = new Stage(TransportKind.MUX, temp);
    private final Stage process = new Stage(TransportKind.PROCESS, temp);

    private LeakCheck.@Nullable Watch leaks;

    /** What is new from now on is gone when this is closed. */
    void watch() {
        if (leaks == null) {
            leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"))
                    .watch();
        }
    }

    /** An encounter by the transport that the play says; what was there before is well afterwards. */
    List<Told> encounter(Play play, Duration timeout) throws InterruptedException {
        Stage stage = play.greeting() % 2 == 0 ? mux : process;
        List<Told> told = stage.encounter(play, timeout);
        neighbour.requireUnharmed();
        complaints.requireNone();
        return told;
    }

    /** How many masters of the stages are there. */
    int masters() {
        return mux.masters() + process.masters();
    }

    /** How many ssh processes there are, the neighbour's master not counted. */
    int processes() {
        return Processes.withArgument(temp.path().toString()).size() - 1;
    }

    /** How many times one was started. */
    long starts() {
        return mux.starts() + process.starts();
    }

    @Override
    public void close() {
        mux.close();
        process.close();
        neighbour.close();
        complaints.close();
        temp.close();
        if (leaks != null) {
            leaks.close();
        }
    }
}
