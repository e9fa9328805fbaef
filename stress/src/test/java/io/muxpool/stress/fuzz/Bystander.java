package io.muxpool.stress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.Command;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.internal.transport.Link;
import io.muxpool.testkit.FakeMaster;
import io.muxpool.testkit.MuxRequest;
import io.muxpool.testkit.Script;
import io.muxpool.testkit.ShortTemp;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A connection to a well-behaved master: on the same loop as the fuzzed ones, and none of their business. */
final class Bystander implements AutoCloseable {
    private static final Duration PATIENT = Duration.ofSeconds(20);

    private final FakeMaster master;
    private final Link link;

    Bystander(ShortTemp temp) {
        master = FakeMaster.start(temp.resolve("good"))
                .serve(Script.polite().stdout("hi\n").exit(3));
        link = Encounter.link(master.socket());
    }

    /** Its commands run as ever, and over the socket that it had from the first. */
    void requireUnharmed() throws Exception {
        Link.Ran ran = link.run(Command.of("echo", "hi"), Job.withTimeout(PATIENT));
        assertThat(ran.exit()).isEqualTo(new Exit.Exited(3));
        assertThat(new String(ran.stdout().bytes(), StandardCharsets.UTF_8)).isEqualTo("hi\n");
        assertThat(master.requests().stream().filter(request -> request == MuxRequest.PROXY))
                .hasSize(1);
    }

    @Override
    public void close() {
        link.close();
        master.close();
    }
}
