package io.muxpool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // by JUnit
    Path temp;

    private record Said(int status, String out, String err) {}

    private static Said run(String... words) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream saidOut = new ByteArrayOutputStream();
        ByteArrayOutputStream saidErr = new ByteArrayOutputStream();
        System.setOut(new PrintStream(saidOut, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(saidErr, true, StandardCharsets.UTF_8));
        try {
            int status = Main.execute(words);
            return new Said(status, saidOut.toString(StandardCharsets.UTF_8), saidErr.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void playsASceneAndWritesWhatItCameTo() throws Exception {
        Path json = temp.resolve("run.json");
        Path page = temp.resolve("run.html");
        Path plots = temp.resolve("plots");
        Said said = run(
                "--scene",
                "scale",
                "--effort",
                "quick",
                "--json",
                json.toString(),
                "--report",
                page.toString(),
                "--plots",
                plots.toString());
        assertThat(said.status()).as(said.err()).isZero();
        assertThat(said.out()).contains("Many masters", "Time to open all", "masters  value", json.toString());
        assertThat(Files.readString(json)).contains("\"scale-open\"", "\"OpenSSH\"");
        assertThat(Files.readString(page)).contains("<svg", "Time to open all");
        assertThat(plots.resolve("scale-rate.svg")).isNotEmptyFile();
    }

    @Test
    void tellsWhatScenesThereAre() {
        assertThat(run("--list").out()).contains("latency ", "bulk ", "checkout ");
        Said unknown = run("--scene", "latency,nonsense");
        assertThat(unknown.status()).isEqualTo(2);
        assertThat(unknown.err()).contains("there is no scene nonsense; there are latency, burst");
    }

    @Test
    void doesNoHarmToAServerOfTheUsers() {
        Said said = run("--scene", "rate,latency", "somebody@nowhere.invalid");
        assertThat(said.status()).isEqualTo(2);
        assertThat(said.err()).contains("only on a server of the benchmark's own: rate");
    }

    @Test
    void looksBeforeTheRunWhetherTheReportCanBeWritten() {
        Said said = run("--report", temp.resolve("no/such/directory.html").toString());
        assertThat(said.status()).isEqualTo(2);
        assertThat(said.err()).contains("cannot be written", "no/such/directory.html");
    }

    @Test
    void aServerThatCannotBeReachedIsSaidWithoutAStackTrace() {
        Said said = run("--effort", "quick", "--scene", "latency", "somebody@nowhere.invalid");
        assertThat(said.status()).isEqualTo(1);
        assertThat(said.err()).contains("muxpool bench: ", "nowhere.invalid").doesNotContain("\tat ");
    }
}
