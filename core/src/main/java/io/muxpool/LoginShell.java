package io.muxpool;

/**
 * A kind of login shell. The server gives every command to the login shell of the account as one line, and shells read
 * quotes in different ways, so a word that holds a quote, a backslash, an exclamation mark or a line end has to be written
 * for the shell that will read it.
 *
 * @see Remote.Builder#loginShell
 */
public enum LoginShell {
    /**
     * Not known yet, the default: learned from the server when a command first depends on it. Until then only words that
     * every login shell reads the same way are sent.
     */
    UNKNOWN,
    /** bash (also rbash), dash, zsh, ksh93, mksh, BusyBox ash, yash, posh, and others that read quotes as POSIX says. */
    POSIX,
    /** fish. */
    FISH,
    /** csh and tcsh. */
    CSH,
    /** rc, of Byron Rakitzis and of Plan 9. */
    RC,
    /** elvish. */
    ELVISH,
    /**
     * None of these: another shell, or no shell at all, such as a forced command. Only words that every login shell reads
     * the same way are sent. A command with another word, or with a variable for a {@link Command#shell} line, is not
     * started.
     */
    OTHER
}
