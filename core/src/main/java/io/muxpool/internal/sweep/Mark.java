package io.muxpool.internal.sweep;

import io.muxpool.NotStartedException;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The mark of one command: the value of an environment variable that every process of it inherits. It is how a {@link
 * Sweep} tells them from others. Jenkins ends its builds in this way.
 *
 * <p>The variable's name begins with {@code LC_}, because many servers accept such names from a client (Debian, Red Hat
 * and macOS ship an sshd_config with {@code AcceptEnv LANG LC_*}). A process that clears its environment, such as one
 * under sudo, drops the mark.
 */
public final class Mark {
    /** The name of the variable. */
    public static final String VARIABLE = "LC_MUXPOOL_MARK";

    /**
     * The name of a variable for the marks of outer commands, where a process of a marked command starts another one. It ends
     * in the other name, so that a search for a mark finds it here, too.
     */
    private static final String OUTER_VARIABLE = "MUXPOOL_OUTER_" + VARIABLE;

    // Made with the first mark. Two threads may both make one, and either will do.
    private static volatile @Nullable String process;

    private static final AtomicLong COUNT = new AtomicLong();

    private Mark() {}

    /**
     * A value that no other command has. It ends with a dot, so that no value is the beginning of another.
     *
     * @throws NotStartedException when this machine gives no random bits, as in a process without open files
     */
    public static String next() {
        String own = process;
        if (own == null) {
            own = random();
            process = own;
        }
        return own + Long.toString(COUNT.incrementAndGet(), Character.MAX_RADIX) + ".";
    }

    /** Gives a mark to a command of this machine. The commands that this process itself belongs to keep theirs. */
    public static void put(Map<String, String> environment, String mark) {
        String outer = environment.put(VARIABLE, mark);
        if (outer != null) {
            environment.merge(OUTER_VARIABLE, outer, (others, one) -> one + " " + VARIABLE + "=" + others);
        }
    }

    /** Removes all marks, for a process that outlives the commands that it was started by. */
    public static void remove(Map<String, String> environment) {
        environment.remove(VARIABLE);
        environment.remove(OUTER_VARIABLE);
    }

    private static String random() {
        byte[] bits = new byte[9];
        try {
            new SecureRandom().nextBytes(bits);
        } catch (ProviderException e) {
            throw new NotStartedException("no random bits for a mark: " + e.getMessage(), true, e);
        }
        // A minus in front would look like an option, and an underscore reads like a part of the name.
        return Base64.getUrlEncoder().encodeToString(bits).replace('-', 'x').replace('_', 'y') + ".";
    }
}
