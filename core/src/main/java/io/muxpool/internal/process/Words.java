package io.muxpool.internal.process;

import io.muxpool.NotStartedException;
import io.muxpool.internal.text.Printable;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The words of a command line on their way to the system. */
final class Words {
    // What the JDK encodes arguments with; set by the locale that the JVM was started in.
    private static final Charset NATIVE =
            Charset.forName(System.getProperty("sun.jnu.encoding", StandardCharsets.UTF_8.name()));

    private Words() {}

    /**
     * Makes sure that every word arrives unchanged. In a locale that cannot express it, Java would put question marks in
     * its place, in silence: to a shell, those are wildcards.
     *
     * @throws NotStartedException naming the word and the remedy
     */
    static void requireEncodable(List<String> words) {
        for (String word : words) {
            if (!isAscii(word) && !NATIVE.newEncoder().canEncode(word)) {
                throw new NotStartedException(
                        "\"" + Printable.brief(word) + "\" cannot be passed on in this JVM's locale (" + NATIVE
                                + "): start it with LC_ALL=C.UTF-8, or pass the text on standard input",
                        false,
                        null);
            }
        }
    }

    private static boolean isAscii(String word) {
        return word.chars().allMatch(c -> c < 0x80);
    }
}
