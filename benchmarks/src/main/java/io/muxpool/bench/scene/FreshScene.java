package io.muxpool.bench.scene;

import io.muxpool.Leases;
import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Destination;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The first result of a fresh JVM: muxpool takes over the warm master that the last process left. */
final class FreshScene implements Scene {
    private static final List<Client> CLIENTS = List.of(Client.MUXPOOL, Client.JSCH, Client.SSHJ, Client.MINA);

    /** The jars that a program with this client would have, by how their names begin: nobody pays for another's. */
    private static final Map<Client, List<String>> LIBRARIES = Map.of(
            Client.MUXPOOL,
            List.of(),
            Client.JSCH,
            List.of("jsch"),
            Client.SSHJ,
            List.of("sshj", "asn-one", "bcprov", "bcpkix", "bcutil", "slf4j"),
            Client.MINA, // On JDK 17 it cannot read an ed25519 key without BouncyCastle.
            List.of("sshd-core", "sshd-common", "bcprov", "bcpkix", "bcutil", "slf4j", "jcl-over-slf4j"));

    /** The jars of this program itself, whichever its client. */
    private static final List<String> OURS = List.of("muxpool", "jspecify");

    /** A way to start a JVM, by what is put before the class path; {@code FILE} is an archive, made with {@code making}. */
    private record Mode(String name, List<String> making, List<String> using) {}

    @Override
    public String id() {
        return "fresh";
    }

    @Override
    public String title() {
        return "the first result in a fresh JVM: a warm master taken over, against a full handshake";
    }

    private static List<Mode> modes() {
        List<Mode> modes = new ArrayList<>(List.of(new Mode("as it comes", List.of(), List.of())));
        if (classPath().anyMatch(Files::isDirectory)) {
            // No archive can be made of classes that lie in directories.
            return modes;
        }
        modes.add(
                new Mode("with CDS", List.of("-XX:ArchiveClassesAtExit=FILE"), List.of("-XX:SharedArchiveFile=FILE")));
        if (Runtime.version().feature() >= 25) {
            modes.add(new Mode("with an AOT cache", List.of("-XX:AOTCacheOutput=FILE"), List.of("-XX:AOTCache=FILE")));
        }
        return modes;
    }

    private static Stream<Path> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(Path::of);
    }

    private static String classPath(Client client) {
        List<String> wanted = new ArrayList<>(OURS);
        wanted.addAll(Objects.requireNonNull(LIBRARIES.get(client)));
        return classPath()
                .filter(place -> Files.isDirectory(place)
                        || wanted.stream()
                                .anyMatch(
                                        start -> place.getFileName().toString().startsWith(start)))
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
    }

    @Override
    public SceneResult run(Stage stage) throws Exception {
        return new SceneResult(
                id(),
                "A fresh process",
                "From the start of a JVM to the output of " + Echo.LINE
                        + ". The Java clients connect; muxpool takes over"
                        + " the master that the process before it left, by its lease.",
                List.of(
                        play(stage, stage.at(0), "fresh", ", round trip 0"),
                        play(stage, stage.at(100), "fresh-rtt-100", ", round trip 100 ms")),
                List.of(
                        "Every client has the class path of a program that uses it alone.",
                        "With CDS or an AOT cache every client has an archive of its own, made by a run of the same."));
    }

    private static Chart play(Stage stage, Destination destination, String id, String where) throws Exception {
        Sheet sheet = new Sheet();
        List<Mode> modes = modes();
        Path sockets = stage.temp().resolve(id);
        try {
            for (int x = 0; x < modes.size(); x++) {
                play(stage, modes.get(x), x, destination, sockets, sheet);
            }
        } finally {
            Leases.stopIdle(sockets);
        }
        return new Chart(
                id,
                "The first result of a fresh JVM" + where,
                "ms",
                Chart.Better.LOWER,
                Chart.Axis.named("JVM", modes.stream().map(Mode::name).toArray(String[]::new)),
                sheet.series());
    }

    private static void play(Stage stage, Mode mode, int x, Destination destination, Path sockets, Sheet sheet)
            throws Exception {
        int rounds = stage.effort().of(3, 9, 15);
        List<Client> clients = new ArrayList<>(CLIENTS);
        for (Client client : clients) {
            stage.step("fresh JVM " + mode.name() + ", " + client.title() + ": making ready");
            // Also leaves the master behind.
            millis(client, mode.making(), archive(stage, client, x), destination, sockets);
        }
        for (int i = 0; i < rounds; i++) {
            Collections.shuffle(clients, stage.order());
            for (Client client : clients) {
                stage.step("fresh JVM " + mode.name() + ", " + client.title());
                double millis = millis(client, mode.using(), archive(stage, client, x), destination, sockets);
                sheet.note(client.title(), client.kind(), x, millis);
            }
        }
    }

    private static Path archive(Stage stage, Client client, int x) {
        return stage.temp().resolve("archive-" + client + x);
    }

    /** From the start of the JVM to the line that the command printed. */
    private static double millis(
            Client client, List<String> options, Path archive, Destination destination, Path sockets)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        options.forEach(option -> words.add(option.replace("FILE", archive.toString())));
        words.addAll(List.of("-Xlog:disable", "-cp", classPath(client), FreshClient.class.getName()));
        words.addAll(FreshClient.arguments(client, destination, sockets));
        long start = System.nanoTime();
        Process process = new ProcessBuilder(words)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out = process.inputReader()) {
            String line = out.readLine();
            double millis = (System.nanoTime() - start) / 1e6;
            if (!"hello".equals(line)) {
                throw new IllegalStateException("a fresh JVM with " + client.title() + " printed " + line);
            }
            process.waitFor();
            return millis;
        } finally {
            process.destroyForcibly();
        }
    }
}
