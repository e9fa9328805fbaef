package io.muxpool.stress;

import io.muxpool.Remote;
import io.muxpool.testkit.Processes;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs of this module in a Java process of their own, with muxpool and the testkit and nothing else. */
final class OtherJava {
    private OtherJava() {}

    static ProcessBuilder of(Class<?> main, List<String> options, List<String> arguments) {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // Short-lived: what the better compiler costs is never earned back.
        words.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        words.addAll(options);
        words.addAll(List.of(
                "-cp",
                String.join(File.pathSeparator, place(main), place(Remote.class), place(Processes.class)),
                main.getName()));
        words.addAll(arguments);
        return new ProcessBuilder(words);
    }

    private static String place(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
