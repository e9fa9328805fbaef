package io.muxpool.hazelcast;

import io.muxpool.Command;
import io.muxpool.Input;
import io.muxpool.LoginShell;
import io.muxpool.Output;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * A command on its way to a member: what can cross from one machine to another.
 *
 * @param stdoutLimit of the capture; negative when it is discarded
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
record CommandWords(
        ArrayList<String> argv,
        boolean shell,
        LinkedHashMap<String, String> env,
        LoginShell loginShell,
        boolean detached,
        byte[] stdin,
        int stdoutLimit,
        int stderrLimit)
        implements Serializable {
    private static final int DISCARDED = -1;

    /** @throws IllegalArgumentException when its streams are this process's own */
    static CommandWords of(Command command) {
        byte[] stdin;
        if (command.stdin() instanceof Input.Bytes bytes) {
            stdin = bytes.bytes();
        } else if (command.stdin() instanceof Input.None) {
            stdin = new byte[0];
        } else {
            throw new IllegalArgumentException("another machine cannot read this one's files and streams: give "
                    + command + " its input as bytes");
        }
        if (command.isSubsystem() || command.pty().isPresent()) {
            throw new IllegalArgumentException("a cluster runs no subsystems and no terminals: " + command);
        }
        return new CommandWords(
                new ArrayList<>(command.argv()),
                command.isShell(),
                new LinkedHashMap<>(command.env()),
                command.loginShell(),
                command.isDetached(),
                stdin,
                limit(command, command.stdout()),
                limit(command, command.stderr()));
    }

    private static int limit(Command command, Output output) {
        if (output instanceof Output.Capture capture) {
            return capture.limit();
        }
        if (output instanceof Output.Discard) {
            return DISCARDED;
        }
        throw new IllegalArgumentException(
                "another machine cannot write into this one's files and streams: capture the output of " + command);
    }

    Command toCommand() {
        Command command = shell ? Command.shell(argv.get(0)) : Command.of(List.copyOf(argv));
        for (var variable : env.entrySet()) {
            command = command.withEnv(variable.getKey(), variable.getValue());
        }
        return command.withLoginShell(loginShell)
                .withDetached(detached)
                .withStdin(stdin.length == 0 ? Input.none() : Input.bytes(stdin))
                .withStdout(output(stdoutLimit))
                .withStderr(output(stderrLimit))
                .withLogLevel(System.Logger.Level.DEBUG);
    }

    private static Output output(int limit) {
        return limit == DISCARDED ? Output.discard() : Output.capture(limit);
    }
}
