package io.muxpool.stress;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Exit;
import io.muxpool.Input;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;

/**
 * One command: it writes its number into the server's journal, as a line of its own in one write, and then does something
 * whose outcome is known beforehand.
 *
 * @param number no other deed of this run has it
 * @param timeout of its job
 */
record Deed(long number, Kind kind, int size, Duration timeout) {
    private static final Duration PATIENT = Duration.ofSeconds(20);

    /** What is done after the line. */
    enum Kind {
        /** Says its number. */
        SAY,
        /** Gives its input back. */
        ECHO,
        /** Writes much. */
        FLOOD,
        /** Ends with a status of its own. */
        FAIL,
        /** Sleeps longer than its job may take. */
        SLEEP
    }

    /** Any kind, the short ones most often. */
    static Deed random(long number, Random random) {
        int of100 = random.nextInt(100);
        if (of100 < 15) {
            return new Deed(number, Kind.SLEEP, 0, Duration.ofMillis(100 + random.nextInt(1500)));
        }
        // A few have less time than a handshake takes.
        Duration timeout = random.nextInt(20) == 0 ? Duration.ofMillis(1 + random.nextInt(300)) : PATIENT;
        if (of100 < 25) {
            return new Deed(number, Kind.ECHO, 1 + random.nextInt(200_000), timeout);
        }
        if (of100 < 30) {
            return new Deed(number, Kind.FLOOD, 1 + random.nextInt(4_000_000), timeout);
        }
        return new Deed(number, of100 < 35 ? Kind.FAIL : Kind.SAY, 0, timeout);
    }

    Command command(Path journal) {
        String write = "echo " + number + " >> " + journal + "; ";
        return switch (kind) {
            case SAY -> Command.shell(write + "echo " + number);
            case ECHO -> Command.shell(write + "cat").withStdin(Input.bytes(pattern()));
            case FLOOD -> Command.shell(write + "head -c " + size + " /dev/zero");
            case FAIL -> Command.shell(write + "exit 7");
            case SLEEP -> Command.shell(write + mark());
        };
    }

    /** What its processes have in their command lines, and no other has. */
    String mark() {
        // Of one length, so that none is the beginning of another.
        return String.format("sleep 6.%012d", number);
    }

    /** What is wrong with a result; empty when nothing is. */
    String faultIn(CommandResult result) {
        byte[] out = result.stdout();
        boolean right = switch (kind) {
            case SAY -> Arrays.equals(out, (number + "\n").getBytes(StandardCharsets.US_ASCII));
            case ECHO -> Arrays.equals(out, pattern());
            case FLOOD -> Arrays.equals(out, new byte[size]);
            case FAIL, SLEEP -> out.length == 0;
        };
        Exit wanted = new Exit.Exited(kind == Kind.FAIL ? 7 : 0);
        if (!result.exit().equals(wanted)) {
            return kind + " ended with " + result.exit();
        }
        return right ? "" : kind + " of " + size + " wrote " + out.length + " bytes that are not the right ones";
    }

    private byte[] pattern() {
        byte[] bytes = new byte[size];
        new Random(number).nextBytes(bytes);
        return bytes;
    }
}
