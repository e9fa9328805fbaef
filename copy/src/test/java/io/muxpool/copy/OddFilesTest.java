package io.muxpool.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files whose size is not what it seems: those of /proc and /sys, and those with holes. */
@Timeout(120)
final class OddFilesTest extends OnOneServer {
    // Told sizes: 0, 0 with more than a block, and a page.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/proc/version",
                "/proc/kallsyms",
                "/sys/kernel/mm/transparent_hugepage/enabled",
                "/sys/kernel/kexec_loaded"
            })
    void aFileThatTellsNoTrueSizeArrivesWithItsContent(String name) throws Exception {
        Path odd = Path.of(name);
        assumeTrue(Files.isReadable(odd), name + " is not there");
        byte[] content = Files.readAllBytes(odd);
        assertThat(Files.size(odd)).isNotEqualTo(content.length);
        try (ConnectionPool pool = pool(sftp())) {
            Copied there = Copy.over(pool).push(odd, "there", Job.create());
            assertThat(home().resolve("there")).hasBinaryContent(content);
            assertThat(there.bytes()).isEqualTo(content.length);
            assertThat(there.notices()).hasSize(1).first().asString().contains("not its size");
            Copied back = Copy.over(pool).pull(name, temp.resolve("back"), Job.create());
            assertThat(temp.resolve("back")).hasBinaryContent(content);
            assertThat(back.bytes()).isEqualTo(content.length);
            assertThat(back.notices()).hasSize(1).first().asString().contains("not its size");
            assertThat(back.sha256()).isEmpty();
            if (Files.size(odd) == 0) {
                assertThat(scp(name, "box:by-scp")).isZero();
                assertThat(home().resolve("by-scp")).hasBinaryContent(content);
            }
            assertThat(names(home())).noneMatch(file -> file.contains(".part-"));
        }
    }

    @Test
    void oneThatCannotBeReadSaysWhy() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/mem")), "no /proc");
        try (ConnectionPool pool = pool(sftp())) {
            assertThatThrownBy(() -> Copy.over(pool).push(Path.of("/proc/self/mem"), "there", Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContaining("Input/output error");
            assertThatThrownBy(() -> Copy.over(pool).pull("/proc/self/mem", temp.resolve("x"), Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContaining("Failure")
                    .hasMessageNotContaining("full disk");
            assertThat(names(home())).isEmpty();
        }
    }

    private Path sparse(int runs) throws IOException {
        Path sparse = temp.resolve("sparse");
        try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
            file.setLength((long) runs * Runs.LENGTH + 7);
            file.seek((long) runs / 2 * Runs.LENGTH + 4711);
            file.writeBytes("an island");
        }
        return sparse;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void holesComeBackAsHoles(boolean inPlace) throws Exception {
        Path sparse = sparse(300);
        long most = 8L * Runs.LENGTH;
        assumeTrue(allocated(sparse) < most, "no holes on this file system");
        try (ConnectionPool pool = pool(sftp())) {
            Copy copy = Copy.builder(pool).inPlace(inPlace).build();
            Copied there = copy.push(sparse, "there", Job.create());
            assertThat(there.sha256()).isPresent();
            assertSame(home().resolve("there"), sparse);
            assertThat(allocated(home().resolve("there"))).isLessThan(most);
            Copied back = copy.pull("there", temp.resolve("back"), Job.create());
            assertThat(back.sha256()).isEqualTo(there.sha256());
            assertSame(temp.resolve("back"), sparse);
            assertThat(allocated(temp.resolve("back"))).isLessThan(most);
        }
    }

    @Test
    void aFileOfZerosAloneIsAHole() throws Exception {
        Path zeros = temp.resolve("zeros");
        try (RandomAccessFile file = new RandomAccessFile(zeros.toFile(), "rw")) {
            file.setLength(40L * Runs.LENGTH + 1);
        }
        try (ConnectionPool pool = pool(sftp())) {
            assertThat(Copy.over(pool).push(zeros, "there", Job.create()).channels())
                    .isZero();
            assertSame(home().resolve("there"), zeros);
            Copy.over(pool).pull("there", temp.resolve("back"), Job.create());
            assertSame(temp.resolve("back"), zeros);
        }
    }
}
