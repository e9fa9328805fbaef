package io.muxpool.internal.master;

import io.muxpool.LoginShell;
import io.muxpool.Remote;
import io.muxpool.internal.text.Printable;
import java.util.Collection;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a server and of our account there: from ssh's log when a master logs in, and from the server's answers.
 * It decides how commands are marked, and whether what they started may be looked for. Immutable.
 *
 * @param software as the server calls itself, such as {@code OpenSSH_9.2p1 Debian-2}; null when unknown
 * @param forcedCommand whether the key or the certificate that we log in with has a forced command; null when unknown. An
 *     sshd_config's ForceCommand does not show
 * @param takesVariables whether the server takes variables whose names begin with LC_; null when unknown
 * @param hasShell true when a shell of ours has answered there, or the caller has named it, so that no forced command stands
 *     in the way; else null
 */
public record ServerFacts(
        @Nullable String software,
        @Nullable Boolean forcedCommand,
        @Nullable Boolean takesVariables,
        @Nullable Boolean hasShell) {
    /** Nothing is known. */
    public static final ServerFacts UNKNOWN = new ServerFacts(null, null, null, null);

    /**
     * What ssh is to log for this, of everything that it could (LogVerbose, OpenSSH 8.5): the server's software, whether
     * keys were exchanged, and what the server says of the key's options (auth_debug_add in its auth.c).
     */
    static final String LOG_VERBOSE = "-oLogVerbose=kex.c:kex_exchange_identification():*,kex.c:kex_input_newkeys():*,"
            + "packet.c:ssh_packet_read_poll_seqnr():*";

    static final String VERSION_SAID = "Remote protocol version ";

    private static final Pattern SOFTWARE =
            Pattern.compile(".*: Remote protocol version .*, remote software version (.*)");
    private static final Pattern KEY_OPTIONS = Pattern.compile(".*: Remote: .*: key options:(.*)");

    /** What the caller says of the account, by naming its login shell. */
    public static ServerFacts toldOf(Remote remote) {
        LoginShell shell = remote.loginShell();
        return shell == LoginShell.UNKNOWN || shell == LoginShell.OTHER ? UNKNOWN : UNKNOWN.withShell();
    }

    /** Reads what ssh logged of a login. */
    public static ServerFacts of(Collection<String> log) {
        String software = null;
        Boolean forced = null;
        for (String line : log) {
            Matcher said = SOFTWARE.matcher(line);
            Matcher options = KEY_OPTIONS.matcher(line);
            if (said.matches()) {
                software = said.group(1);
            } else if (options.matches()) {
                // Of several, the last is about the key that was let in.
                forced = (options.group(1) + " ").contains(" command ");
            }
        }
        return new ServerFacts(software, forced, null, null);
    }

    /** Reads what {@link #note} has written; nothing where it makes no sense. */
    public static ServerFacts read(String note) {
        return new ServerFacts(
                value(note, "software").orElse(null),
                value(note, "forced").map(Boolean::valueOf).orElse(null),
                value(note, "variables").map(Boolean::valueOf).orElse(null),
                value(note, "shell").map(Boolean::valueOf).orElse(null));
    }

    private static Optional<String> value(String note, String key) {
        return note.lines()
                .filter(line -> line.startsWith(key + " "))
                .map(line -> line.substring(key.length() + 1))
                .findFirst();
    }

    /** For another process to {@link #read}. */
    public String note() {
        return line("software", software)
                + line("forced", forcedCommand)
                + line("variables", takesVariables)
                + line("shell", hasShell);
    }

    private static String line(String key, @Nullable Object value) {
        return value == null ? "" : key + " " + value + "\n";
    }

    /** These facts, and where they leave something open, the others. */
    public ServerFacts or(ServerFacts others) {
        return new ServerFacts(
                software == null ? others.software : software,
                forcedCommand == null ? others.forcedCommand : forcedCommand,
                takesVariables == null ? others.takesVariables : takesVariables,
                hasShell == null ? others.hasShell : hasShell);
    }

    /** The same, with an answer about variables. */
    public ServerFacts withVariables(boolean taken) {
        return new ServerFacts(software, forcedCommand, taken, hasShell);
    }

    /** The same, with a shell that has answered. */
    public ServerFacts withShell() {
        return new ServerFacts(software, forcedCommand, takesVariables, true);
    }

    /** Whether a shell of ours has answered there, or the caller has named it. */
    public boolean isKnownToHaveShell() {
        return Boolean.TRUE.equals(hasShell);
    }

    /**
     * Whether a command line may hold a mark: only where a shell is known to read it. Others, such as a forced command or
     * a server of another kind, would find in it another command than was meant.
     */
    public boolean takesMarkedLines() {
        return isKnownToHaveShell() || isSmallServer();
    }

    /** Whether it is dropbear or tinysshd, which run login shells, take no variables, and do not tell of forced commands. */
    public boolean isSmallServer() {
        return software != null && (software.startsWith("dropbear") || software.startsWith("tinyssh"));
    }

    /** What to say when the server refuses to deliver signals, and why it does as far as that is known. */
    public String refusedSignals() {
        if (software == null) {
            return "the server refuses to deliver signals. What it is, is not known; OpenSSH's sshd refuses them for"
                    + " forced commands and subsystems, up to 9.7 for root, and before 7.9 for everybody";
        }
        String named = "the server (" + Printable.of(software) + ") refuses to deliver signals";
        return software.startsWith("OpenSSH_")
                ? named + ": sshd does for forced commands and subsystems, up to 9.7 for root, and before 7.9 for"
                        + " everybody"
                : named + ", as many do that are not OpenSSH's sshd";
    }

    /** Whether the server is known to take no variables. */
    public boolean refusesVariables() {
        return Boolean.FALSE.equals(takesVariables) || isSmallServer();
    }

    /** Whether another session would run the account's forced command once more. */
    public boolean hasForcedCommand() {
        return Boolean.TRUE.equals(forcedCommand);
    }
}
