package io.muxpool.copy;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Connection;
import io.muxpool.ConnectionPool;
import io.muxpool.Exit;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.Output;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** SHA-256 of a file on the other side, by a program there, on the same connections. For one question. */
final class RemoteSum {
    private static final Logger LOG = System.getLogger("io.muxpool.copy");

    // Of these openssl alone uses the processor's own instructions everywhere: a third of sha256sum's time, or less.
    // The file is the program's input: its name is never an option, and not in what is printed.
    private static final String FIND = """
            if command -v openssl; then sum='openssl dgst -sha256 -r'
            elif command -v sha256sum; then sum=sha256sum
            elif command -v shasum; then sum='shasum -a 256'
            elif command -v sha256; then sum='sha256 -q'
            else exit 127
            fi >/dev/null 2>&1
            """;
    /** Behind it no failure means that there is no such program. */
    private static final String READY = "ready";

    // Nothing that any login shell reads: which one the account has need not be known for this. The name of the program
    // that was found comes first.
    private static final String LOOK = "if command -v openssl; then echo " + READY
            + "; elif command -v sha256sum; then echo "
            + READY + "; elif command -v shasum; then echo " + READY + "; elif command -v sha256; then echo " + READY
            + "; else exit 127; fi";
    private static final String WHOLE = FIND + "echo " + READY + "; exec $sum <\"$1\"";

    // What has a part's name may be the target when it has been read, and another copy's beginning in its place.
    private static final String OPEN = FIND + "echo " + READY + "\n" + """
                    is() { [ "$(ls -di "$1")" = "$node" ]; }
                    node=$(ls -di "$1") && exec 3<"$1" && is "$1" || exit 1
                    """;
    private static final String PART = OPEN + "$sum <&3 || exit\nis \"$1\"";
    private static final String FOLLOWING = OPEN + """
                    { while read -r runs || exit 1; [ "$runs" != %s ]; do
                        dd bs=%d count="$runs" <&3 2>/dev/null || exit 1
                      done
                      cat <&3
                    } | $sum
                    is "$1"
                    """.formatted(Steps.ALL, Runs.LENGTH);
    private static final String STRETCHES = FIND + "echo " + READY + "\n" + """
                    i=0
                    while [ $i -lt $2 ]; do
                      dd bs=$3 skip=$i count=1 2>/dev/null <"$1" | $sum || exit 1
                      i=$((i + 1))
                    done
                    """;
    private static final Pattern SUM = Pattern.compile("[0-9a-f]{64}\\b.*");

    private final ConnectionPool pool;
    private final Job job;
    private final CountDownLatch seated = new CountDownLatch(1);

    private final Consumer<Boolean> there;

    /** @param there is told whether the other side makes checksums, once that is known */
    RemoteSum(ConnectionPool pool, Job job, Consumer<Boolean> there) {
        this.pool = pool;
        this.job = job;
        this.there = there;
    }

    /**
     * What came of asking.
     *
     * @param sums one for each stretch, or for the whole; empty when there are none to be had
     * @param why why not, as a clause
     * @param ready whether a program was found there
     */
    record Answer(List<String> sums, String why, boolean ready) {
        boolean isThere() {
            return why.isEmpty();
        }
    }

    /** @throws NoSumException when there is a program, and it fails: not to be taken for a server without checksums */
    Answer whole(String path) throws NoSumException {
        return required(ask(1, Command.of("sh", "-c", WHOLE, "sh", path)));
    }

    /**
     * The same of a part that another copy may be about to rename: it fails when the name is another file's by then.
     *
     * @throws NoSumException as {@link #whole} does
     */
    Answer part(String path) throws NoSumException {
        return required(ask(1, Command.of("sh", "-c", PART, "sh", path)));
    }

    private static Answer required(Answer answer) throws NoSumException {
        if (!answer.isThere() && answer.ready) {
            throw new NoSumException(answer.why);
        }
        return answer;
    }

    /** Only whether there is such a program. */
    Answer look() {
        return ask(0, Command.of("sh", "-c", LOOK));
    }

    /**
     * Of a file that is being written, in step with what has arrived from its begin on. To be believed only when it is right:
     * the file under that name may be another by now, or the copy may have been stopped. To be asked only where {@link #look}
     * has found a program: whatever else may run there in its place should get no input.
     */
    Answer following(String path, Runs runs, long size) {
        return ask(1, Command.of("sh", "-c", FOLLOWING, "sh", path).withStdin(Input.stream(new Steps(runs, size))));
    }

    /** Of a file's stretches of so many bytes each, from its begin on; that of nothing beyond its end. */
    Answer stretches(String path, int count, int length) {
        return ask(count, Command.of("sh", "-c", STRETCHES, "sh", path, String.valueOf(count), String.valueOf(length)));
    }

    /** For whom no checksum is wanted. */
    Answer unasked() {
        seated.countDown();
        return no("it was not asked for");
    }

    /** Whether it has a session to run in, waited for so long: a pool may have no other than those that its copy holds. */
    boolean isSeated(Duration atMost) throws InterruptedException {
        return seated.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }

    private Answer ask(int count, Command command) {
        CommandResult result;
        try (Connection connection = pool.connection(job)) {
            seated.countDown();
            result = connection.run(
                    command.withoutPty()
                            .withLogLevel(Level.DEBUG)
                            .withStdout(Output.capture(80 * (count + 2)))
                            .withStderr(Output.capture(1024)),
                    job);
        } catch (NotStartedException e) {
            if (e.retrySafe()) {
                throw e;
            }
            there.accept(false);
            // The message holds the whole script, and a clause must be short.
            LOG.log(Level.DEBUG, "no program runs on the other side", e);
            return no(
                    "no checksum came from there: the server starts no program for this login, or its login shell is not"
                            + " known (--login-shell)");
        }
        if (result.exit().equals(new Exit.Exited(127))) {
            there.accept(false);
            return no("there is no sha256sum, shasum, sha256 or openssl there");
        }
        List<String> said = result.stdoutText().lines().toList();
        if (count == 0 && said.size() == 2) {
            said = said.subList(1, 2);
        }
        boolean ready = !said.isEmpty() && said.get(0).equals(READY);
        there.accept(ready);
        List<String> lines = ready ? said.subList(1, said.size()) : said;
        boolean sums = ready
                && lines.size() == count
                && lines.stream().allMatch(line -> SUM.matcher(line).matches());
        if (!result.exit().equals(new Exit.Exited(0)) || !sums) {
            String error = result.stderrText().strip();
            String why = "no checksum came from there (" + result.exit() + (error.isEmpty() ? ")" : "): " + error);
            return new Answer(List.of(), why, ready);
        }
        return new Answer(lines.stream().map(line -> line.substring(0, 64)).toList(), "", ready);
    }

    private static Answer no(String why) {
        return new Answer(List.of(), why, false);
    }
}
