package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShortTempTest {

    @Test
    void isPrivateAndShort() throws IOException {
        try (ShortTemp temp = ShortTemp.create()) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(temp.path())))
                    .isEqualTo("rwx------");
            assertThat(temp.toString()).hasSizeLessThan(40).contains("/mpk-");
        }
    }

    @Test
    void deletesLinksButNotWhatTheyPointTo(@TempDir Path elsewhere) throws IOException {
        Path kept = Files.writeString(elsewhere.resolve("kept"), "x");
        ShortTemp temp = ShortTemp.create();
        Files.createDirectories(temp.resolve("a/b/c"));
        Files.createSymbolicLink(temp.resolve("a/link"), elsewhere);
        Files.setPosixFilePermissions(temp.resolve("a/b"), PosixFilePermissions.fromString("---------"));

        temp.close();
        temp.close();

        assertThat(Files.exists(temp.path())).isFalse();
        assertThat(kept).hasContent("x");
    }
}
