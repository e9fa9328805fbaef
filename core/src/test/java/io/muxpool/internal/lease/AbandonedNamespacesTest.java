package io.muxpool.internal.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AbandonedNamespacesTest {
    private final ShortTemp temp = ShortTemp.create();
    private final Path root = temp.resolve("r");

    @AfterEach
    void stop() {
        temp.close();
    }

    private LeaseStore store(String description) {
        return new LeaseStore(root, "mux", description, Duration.ofMinutes(10));
    }

    private Path directory(String description) {
        return new Namespace(root, "mux", description).directory();
    }

    private static void age(Path namespace, Duration age) throws IOException {
        FileTime time = FileTime.from(Instant.now().minus(age));
        Files.setLastModifiedTime(namespace.resolve("free"), time);
        Files.setLastModifiedTime(namespace.resolve("used"), time);
    }

    @Test
    void newNamespaceClearsAwayThoseThatNothingWasTakenFromForADay() throws IOException {
        Path old = directory("old");
        Path young = directory("young");
        Path held = directory("held");
        Path warm = directory("warm");
        Path config = directory("config");
        store("old").acquire().release();
        store("young").acquire().release();
        Lease holding = store("held").acquire();
        Lease warmed = store("warm").acquire();
        Files.createFile(warmed.socket());
        warmed.release();
        store("config").keepConfig("note");
        for (Path each : new Path[] {old, held, warm, config}) {
            age(each, Duration.ofHours(25));
        }
        age(young, Duration.ofHours(23));
        store("new").acquire().discard();
        assertThat(old).doesNotExist();
        assertThat(young).isDirectory();
        assertThat(held).isDirectory();
        assertThat(warm).isDirectory();
        assertThat(config.resolve("config")).exists();
        assertThat(holding.socket().getParent()).isDirectory();
        holding.discard();
    }
}
