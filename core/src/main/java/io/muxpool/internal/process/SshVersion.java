package io.muxpool.internal.process;

import io.muxpool.Command;
import io.muxpool.Job;
import io.muxpool.internal.stream.StreamFailedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version of an ssh program, asked once per process: what it does not know, it would refuse as a bad option. */
public record SshVersion(int major, int minor) {
    /** Of a program that does not say: nothing is expected of it. */
    public static final SshVersion UNKNOWN = new SshVersion(0, 0);

    private static final Pattern SYNTAX = Pattern.compile("OpenSSH_([0-9]{1,4})\\.([0-9]{1,4})");
    private static final Map<String, SshVersion> KNOWN = new ConcurrentHashMap<>();

    /**
     * Asks {@code program -V}, the first time.
     *
     * @throws io.muxpool.JobException when the job ends first
     */
    public static SshVersion of(String program, Job job) {
        SshVersion known = KNOWN.get(program);
        if (known != null) {
            return known;
        }
        SshVersion asked = ask(program, job);
        if (asked.isKnown()) {
            // That it did not say may be a matter of the moment.
            KNOWN.put(program, asked);
        }
        return asked;
    }

    /** Learns it from what a program said of itself in passing, so that it need not be asked. */
    static void heard(String program, String said) {
        SshVersion version = parse(said);
        if (version.isKnown()) {
            KNOWN.put(program, version);
        }
    }

    /** Whether the program said so. */
    public boolean isKnown() {
        return major > 0;
    }

    /** Whether it is that version or later. */
    public boolean isAtLeast(int major, int minor) {
        return this.major > major || (this.major == major && this.minor >= minor);
    }

    private static SshVersion ask(String program, Job job) {
        try {
            Child.Ended ended = Child.run(
                    UserEnvironment.builder(List.of(program, "-V")),
                    Command.of("ssh"),
                    job,
                    "asking " + program + " for its version",
                    Child.Role.PREPARATION);
            return parse(new String(ended.stderr().bytes(), StandardCharsets.UTF_8));
        } catch (IOException | StreamFailedException e) {
            return UNKNOWN;
        }
    }

    static SshVersion parse(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        return matcher.find()
                ? new SshVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)))
                : UNKNOWN;
    }
}
