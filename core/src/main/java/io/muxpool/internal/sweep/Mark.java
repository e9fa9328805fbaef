package io.muxpool.internal.sweep;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;

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

    private static final String PROCESS = random();
    private static final AtomicLong COUNT = new AtomicLong();

    private Mark() {}

    /** A value that no other command has. It ends with a dot, so that no value is the beginning of another. */
    public static String next() {
        return PROCESS + Long.toString(COUNT.incrementAndGet(), Character.MAX_RADIX) + ".";
    }

    private static String random() {
        byte[] bits = new byte[9];
        new SecureRandom().nextBytes(bits);
        // A minus in front would look like an option, and an underscore reads like a part of the name.
        return Base64.getUrlEncoder().encodeToString(bits).replace('-', 'x').replace('_', 'y') + ".";
    }
}
