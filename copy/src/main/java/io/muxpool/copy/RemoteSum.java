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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import net.schmizz.sshj.sftp.FileAttributes;

/** SHA-256 of a file on the other side, by a program there, on the same connections. For one question. */
final class RemoteSum {
    private static final Logger LOG = System.getLogger("io.muxpool.copy");

    // Start files and programs may print lines of their own before, between and after.
    private static final int NOISE_BYTES = 64 * 1024;
    private static final int LINE_BYTES = 80;

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

    /** In place of a checksum, when the shell sees no file of that name. */
    private static final String ABSENT = "absent";

    // What a start file has printed may end without a line feed.
    private static final String SAY_READY = "echo; echo " + READY + "\n";

    private static final String NEEDED = FIND + SAY_READY + """
            [ -e "$1" ] || { echo %s; exit 0; }
            """.formatted(ABSENT);

    // Nothing that any login shell reads: which one the account has need not be known for this. The name of the program
    // that was found comes first.
    private static final String LOOK = "echo; if command -v openssl; then echo " + READY
            + "; elif command -v sha256sum; then echo "
            + READY + "; elif command -v shasum; then echo " + READY + "; elif command -v sha256; then echo " + READY
            + "; else exit 127; fi";
    private static final String WHOLE = NEEDED + "$sum <\"$1\"";
    private static final String BEGIN = NEEDED + "head -c \"$2\" <\"$1\" | $sum";

    // What has a part's name may be the target when it has been read, and another copy's beginning in its place.
    private static final String OPEN = NEEDED + """
                    is() { [ "$(ls -di "$1")" = "$node" ]; }
                    node=$(ls -di "$1") && exec 3<"$1" && is "$1" || exit 1
                    """;
    private static final String PART = Beside.SCRIPT + OPEN + "$sum <&3 || exit\nis \"$1\" || exit\nbeside \"$@\"";
    private static final String FOLLOWING = Beside.SCRIPT + OPEN + """
                    { while read -r runs || exit 1; [ "$runs" != %s ]; do
                        dd bs=%d count="$runs" <&3 2>/dev/null || exit 1
                      done
                      cat <&3
                    } | $sum
                    is "$1" || exit
                    beside "$@"
                    """.formatted(Steps.ALL, Runs.LENGTH);
    private static final String STRETCHES = NEEDED + """
                    i=0
                    while [ $i -lt $2 ]; do
                      dd bs=$3 skip=$i count=1 2>/dev/null <"$1" | $sum || exit 1
                      i=$((i + 1))
                    done
                    """;
    private static final String RUNS = NEEDED + """
                    file=$1 length=$2
                    shift 2
                    for i; do
                      dd bs=$length skip=$i count=1 2>/dev/null <"$file" | $sum || exit 1
                    done
                    """;
    private static final String LISTED = "listed ";
    private static final String LIST = """
            LC_ALL=C ls -ldn "$1" | { read -r mode links uid gid size rest; echo; echo "listed $uid $gid $size"; }
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
     * @param absent whether the shell sees no file of that name
     * @param beside what is beside a part; nothing where it was not asked for
     */
    record Answer(List<String> sums, String why, boolean ready, boolean absent, Beside beside) {
        boolean isThere() {
            return why.isEmpty();
        }

        /** The same without sums, for a reason that the asker has found out. */
        static Answer none(String why) {
            return new Answer(List.of(), why, false, false, Beside.NOTHING);
        }
    }

    /** @throws NoSumException when there is a program, and it fails: not to be taken for a server without checksums */
    Answer whole(String path) throws NoSumException {
        return required(ask(1, Command.of("sh", "-c", WHOLE, "sh", path)));
    }

    /**
     * The same of so many bytes at the begin of a file.
     *
     * @throws NoSumException as {@link #whole} does
     */
    Answer begin(String path, long bytes) throws NoSumException {
        return required(ask(1, Command.of("sh", "-c", BEGIN, "sh", path, String.valueOf(bytes))));
    }

    /**
     * The same of a part that another copy may be about to rename: it fails when the name is another file's by then.
     *
     * @param target as {@link Beside#words} takes it
     * @throws NoSumException as {@link #whole} does
     */
    Answer part(String path, String target) throws NoSumException {
        return required(ask(1, Command.of(words(PART, path, target))));
    }

    private static String[] words(String script, String path, String target) {
        List<String> words = new ArrayList<>(List.of("sh", "-c", script, "sh"));
        words.addAll(Beside.words(path, target));
        return words.toArray(String[]::new);
    }

    private static Answer required(Answer answer) throws NoSumException {
        if (!answer.isThere() && answer.ready && !answer.absent) {
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
     *
     * @param target as {@link Beside#words} takes it
     */
    Answer following(String path, String target, Runs runs, long size) {
        return ask(1, Command.of(words(FOLLOWING, path, target)).withStdin(Input.stream(new Steps(runs, size))));
    }

    /** Of a file's stretches of so many bytes each, from its begin on; that of nothing beyond its end. */
    Answer stretches(String path, int count, int length) {
        return ask(count, Command.of("sh", "-c", STRETCHES, "sh", path, String.valueOf(count), String.valueOf(length)));
    }

    /** Of the stretches with these numbers, counted from 0, of so many bytes each; that of nothing beyond the file's end. */
    Answer runs(String path, List<Integer> numbers, int length) {
        List<String> words = new ArrayList<>(List.of("sh", "-c", RUNS, "sh", path, String.valueOf(length)));
        numbers.forEach(number -> words.add(String.valueOf(number)));
        return ask(numbers.size(), Command.of(words.toArray(String[]::new)));
    }

    /** For whom no checksum is wanted. */
    Answer unasked() {
        seated.countDown();
        return Answer.none("it was not asked for");
    }

    /** What is beside a part, without a checksum. */
    Answer beside(String path, String target) {
        Answer answer = ask(0, Command.of(words(Beside.ALONE, path, target)));
        return new Answer(List.of(), "it was not asked for", false, false, answer.beside);
    }

    /** Whether the shell sees another file under that name than SFTP does: its owner or its size is not the same. */
    boolean seesAnother(String path, FileAttributes file) {
        if (!file.has(FileAttributes.Flag.UIDGID)) {
            return false;
        }
        try (Connection connection = pool.connection(job)) {
            seated.countDown();
            Command list = Command.of("sh", "-c", LIST, "sh", path)
                    .withoutPty()
                    .withLogLevel(Level.DEBUG)
                    .withStdout(Output.capture(NOISE_BYTES))
                    .withStderr(Output.discard());
            Optional<String> listed = connection
                    .run(list, job)
                    .stdoutText()
                    .lines()
                    .filter(line -> line.startsWith(LISTED))
                    .findFirst();
            String same = LISTED + file.getUID() + " " + file.getGID() + " " + file.getSize();
            return listed.isPresent() && !listed.get().equals(same);
        }
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
                            .withStdout(Output.capture(LINE_BYTES * (count + 2) + NOISE_BYTES))
                            .withStderr(Output.capture(1024)),
                    job);
        } catch (NotStartedException e) {
            if (e.retrySafe()) {
                throw e;
            }
            there.accept(false);
            // The message holds the whole script, and a clause must be short.
            LOG.log(Level.DEBUG, "no program runs on the other side", e);
            return Answer.none(
                    "no checksum came from there: the server starts no program for this login, or its login shell is not"
                            + " known (--login-shell)");
        }
        if (result.exit().equals(new Exit.Exited(127))) {
            there.accept(false);
            return Answer.none("there is no sha256sum, shasum, sha256 or openssl there");
        }
        List<String> said = result.stdoutText().lines().toList();
        int begin = said.indexOf(READY);
        boolean ready = begin >= 0;
        there.accept(ready);
        List<String> lines = said.subList(begin + 1, said.size());
        if (ready && lines.contains(ABSENT)) {
            return new Answer(List.of(), "the shell there sees no file of that name", true, true, Beside.NOTHING);
        }
        List<String> sums =
                lines.stream().filter(line -> SUM.matcher(line).matches()).toList();
        if (!result.exit().equals(new Exit.Exited(0)) || !ready || sums.size() != count) {
            String error = result.stderrText().strip();
            String why = "no checksum came from there (" + result.exit() + (error.isEmpty() ? ")" : "): " + error);
            return new Answer(List.of(), why, ready, false, Beside.NOTHING);
        }
        return new Answer(sums.stream().map(line -> line.substring(0, 64)).toList(), "", true, false, Beside.of(lines));
    }
}
