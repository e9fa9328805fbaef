package io.muxpool.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.ShortTemp;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page, as text and as a browser has it. */
@Timeout(120)
class ReportPageTest {
    private static final String HOSTILE =
            "<img src=x onerror=alert(1)><!--hosts--></pre><script>alert(2)</script>\u001b[31m\u202e";

    private final ShortTemp temp = ShortTemp.create();

    @AfterEach
    void deleteDirectory() {
        temp.close();
    }

    private static Results results() {
        Results results = new Results().says("odd", 3, HOSTILE, "wrong\n");
        for (int i = 1; i <= 30; i++) {
            results.says("web" + i, 0, "same\n", "");
        }
        return results.isNotReached("down1");
    }

    private static String page() {
        return ReportPage.html("echo '<b>'", results().list(), Duration.ofSeconds(3));
    }

    @Test
    void pageSaysWhatCameOfTheRun() {
        assertThat(page())
                .contains("30 of 32 hosts succeeded in 3.0 s")
                .contains("web[1-30] (30 hosts)")
                .contains("odd (1 host): exit status 3")
                .contains("<td>down1</td><td>not started: cannot connect to down1")
                .contains("echo '&lt;b&gt;'")
                .contains("median ")
                .doesNotContain("<!--");
    }

    @Test
    void whatHostsSayStaysText() {
        assertThat(page())
                .doesNotContain("<img")
                .doesNotContain("<script")
                .doesNotContain("\u001b")
                .doesNotContain("\u202e")
                .contains("&lt;img src=x onerror=alert(1)&gt;");
    }

    @FullRun("the page of a fleet in a browser")
    @Test
    void browserShowsEveryHostAndNothingThatHostsMadeUp() throws Exception {
        Path file = temp.resolve("page.html");
        Files.writeString(file, page());
        String dom = chromium("--dump-dom", file);
        assertThat(dom.split("<tr class=", -1)).hasSize(32 + 1);
        assertThat(dom.split("<rect ", -1).length).isGreaterThan(1);
        assertThat(dom).doesNotContain("<img").doesNotContain("<script").contains("&lt;script&gt;alert(2)");

        Path picture = temp.resolve("page.png");
        assertThat(chromium("--screenshot=" + picture, file)).isNotNull();
        BufferedImage image = ImageIO.read(picture.toFile());
        Set<Integer> colours = new HashSet<>();
        for (int x = 0; x < image.getWidth(); x += 3) {
            for (int y = 0; y < image.getHeight(); y += 3) {
                colours.add(image.getRGB(x, y));
            }
        }
        // Green and red of the outcomes, blue of the bars, and text in all its shades.
        assertThat(colours.size()).isGreaterThan(10);
        assertThat(colours).contains(0xff2e8b57, 0xffc0392b);
    }

    private String chromium(String what, Path page) throws IOException, InterruptedException {
        Optional<Path> browser = Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name ->
                        Stream.of(System.getenv("PATH").split(":", -1)).map(directory -> Path.of(directory, name)))
                .filter(Files::isExecutable)
                .findFirst();
        Assumptions.assumeTrue(browser.isPresent(), "no Chromium here: ./check --full installs it where there is apt");
        Path out = temp.resolve("dom");
        List<String> argv = new ArrayList<>(List.of(
                browser.orElseThrow().toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--user-data-dir=" + temp.resolve("profile"),
                "--window-size=1000,1400",
                what,
                page.toUri().toString()));
        Process process = new ProcessBuilder(argv)
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    @Test
    void placeIsTriedBeforeAndWhatWasThereStaysUntilThePageIsWhole() throws IOException {
        Path file = Files.writeString(temp.resolve("page.html"), "before");
        ReportFile report = ReportFile.at(file);
        assertThat(file).hasContent("before");
        report.write("c", results().list(), Duration.ofSeconds(1));
        assertThat(file).content().startsWith("<!DOCTYPE html>");
        try (Stream<Path> files = Files.list(temp.path())) {
            assertThat(files).containsExactly(file);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReportFile.at(temp.resolve("no").resolve("page.html")))
                .withMessageContaining("no directory");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReportFile.at(temp.path()))
                .withMessageContaining("directory");
    }

    @Test
    void placeWhereNobodyMayWriteIsRefusedBefore() throws IOException {
        Assumptions.assumeFalse(System.getProperty("user.name").equals("root"), "root may write anywhere");
        Files.setPosixFilePermissions(temp.path(), PosixFilePermissions.fromString("r-x------"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReportFile.at(temp.resolve("page.html")))
                .withMessageContaining("access is denied");
        Files.setPosixFilePermissions(temp.path(), PosixFilePermissions.fromString("rwx------"));
    }
}
