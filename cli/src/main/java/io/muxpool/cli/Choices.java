package io.muxpool.cli;

import io.muxpool.AttachPolicy;
import io.muxpool.LoginShell;
import io.muxpool.TransportKind;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.TypeConversionException;

/** The words that users write for the library's enums. */
final class Choices {
    private static final List<String> TRANSPORTS = List.of("auto", "mux", "process", "plain");
    private static final List<String> ATTACH = List.of("existing", "create", "new");

    private static final List<String> SHELLS = List.of("posix", "fish", "csh", "rc", "elvish", "other", "unknown");

    private Choices() {}

    static TransportKind transport(String word) {
        return switch (word) {
            case "auto" -> TransportKind.AUTO;
            case "mux" -> TransportKind.MUX;
            case "process" -> TransportKind.PROCESS;
            case "plain" -> TransportKind.PLAIN;
            default -> throw notOneOf(TRANSPORTS, word);
        };
    }

    static AttachPolicy attach(String word) {
        return switch (word) {
            case "existing" -> AttachPolicy.REQUIRE_EXISTING;
            case "create" -> AttachPolicy.CREATE_IF_MISSING;
            case "new" -> AttachPolicy.ALWAYS_NEW;
            default -> throw notOneOf(ATTACH, word);
        };
    }

    static LoginShell loginShell(String word) {
        return switch (word) {
            case "posix" -> LoginShell.POSIX;
            case "fish" -> LoginShell.FISH;
            case "csh" -> LoginShell.CSH;
            case "rc" -> LoginShell.RC;
            case "elvish" -> LoginShell.ELVISH;
            case "other" -> LoginShell.OTHER;
            case "unknown" -> LoginShell.UNKNOWN;
            default -> throw notOneOf(SHELLS, word);
        };
    }

    private static TypeConversionException notOneOf(List<String> words, String word) {
        return new TypeConversionException("'" + Text.oneLine(word) + "' is none of " + String.join(", ", words));
    }

    /** For the shell's completion. */
    static final class Transports implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return TRANSPORTS.iterator();
        }
    }

    /** For the shell's completion. */
    static final class Attach implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return ATTACH.iterator();
        }
    }

    /** For the shell's completion. */
    static final class Shells implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return SHELLS.iterator();
        }
    }
}
