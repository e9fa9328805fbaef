package io.muxpool.cli;

import io.muxpool.AttachPolicy;
import io.muxpool.TransportKind;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.TypeConversionException;

/** The words that users write for the library's enums. */
final class Choices {
    private static final List<String> TRANSPORTS = List.of("auto", "mux", "process", "plain");
    private static final List<String> ATTACH = List.of("existing", "create", "new");

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
}
