package io.muxpool.internal.process;

import io.muxpool.Command;
import io.muxpool.Job;
import io.muxpool.Output;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Captures one megabyte of a far larger output, in a JVM of its own with a heap that could not hold it. */
final class BigOutput {
    static final int KEPT = 1 << 20;

    private static final String LINE = "0123456789abcdef";

    private BigOutput() {}

    @SuppressWarnings("SystemOut") // how it answers
    public static void main(String[] args) throws Exception {
        String shell = "yes " + LINE + " | head -c " + args[0];
        Child.Ended ended = Child.run(
                new ProcessBuilder("/bin/sh", "-c", shell),
                Command.shell(shell).withStdout(Output.capture(KEPT)),
                Job.create(),
                "testing",
                Child.Role.COMMAND);
        byte[] kept = ended.stdout().bytes();
        byte[] line = (LINE + "\n").getBytes(StandardCharsets.US_ASCII);
        boolean intact = true;
        for (int i = 0; i < kept.length; i++) {
            intact &= kept[i] == line[i % line.length];
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.println(ended.status() + " " + kept.length + " " + ended.stdout().truncated() + " " + intact);
    }
}
