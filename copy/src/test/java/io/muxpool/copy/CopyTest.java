package io.muxpool.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.Command;
import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.TransportKind;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.TcpProxy;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files there and back, on a real sshd. */
@Timeout(120)
final class CopyTest extends OnOneServer {
    private static final int RUN = Runs.LENGTH;

    @Test
    void aFileOfAnySizeArrivesWholeBothWays() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Copy copy = Copy.over(pool);
            for (int size : List.of(0, 1, RUN - 1, RUN, RUN + 1, 3 * RUN, 9 * RUN + 12_345)) {
                Path original = file("original", size);
                Files.setPosixFilePermissions(original, PosixFilePermissions.fromString("rwxr-x--x"));
                Files.setLastModifiedTime(original, FileTime.fromMillis(1_234_567_890_123L));
                Copied there = copy.push(original, "there", Job.create());
                assertSame(home().resolve("there"), original);
                assertThat(there.bytes()).isEqualTo(size);
                assertThat(there.resumed()).isZero();
                assertThat(there.target()).isEqualTo(home().resolve("there").toString());
                Path back = temp.resolve("back");
                Copied here = copy.pull("there", back, Job.create());
                assertSame(back, original);
                assertThat(here.target()).isEqualTo(back.toString());
                assertThat(here.sha256()).isPresent().isEqualTo(there.sha256());
                assertThat(names(home())).containsExactly("there");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PROCESS", "PLAIN"})
    void otherTransportsCarryThemToo(TransportKind transport) throws Exception {
        OpenSshServer started = sftp().start();
        server = started;
        try (ConnectionPool pool = pool(started.clientConfig(), transport).open()) {
            Path original = file("original", 30 * RUN + 1);
            Copied there = Copy.over(pool).push(original, "there", Job.create());
            assertThat(there.sha256()).isPresent();
            Copy.over(pool).pull("there", temp.resolve("back"), Job.create());
            assertSame(temp.resolve("back"), original);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"MUX", "PROCESS", "PLAIN"})
    void terminalThatTheConfigurationForcesChangesNoByte(TransportKind transport) throws Exception {
        OpenSshServer started = sftp().start();
        server = started;
        Path config = temp.resolve("config");
        Files.writeString(config, "RequestTTY force\n" + Files.readString(started.clientConfig()));
        try (ConnectionPool pool = pool(config, transport).open()) {
            Path original = file("original", 30 * RUN + 1);
            assertThat(Copy.over(pool).push(original, "there", Job.create()).sha256())
                    .isPresent();
            Copy.over(pool).pull("there", temp.resolve("back"), Job.create());
            assertSame(temp.resolve("back"), original);
        }
    }

    @Test
    void namesOfEveryKindStayWhatTheyAre() throws Exception {
        List<String> hostile = List.of(
                "-rf",
                "--help",
                "a b",
                " ",
                "new\nline",
                "it's",
                "$(touch gone)",
                "`id`",
                "*",
                "./~",
                "a\\b",
                "\"",
                "caf\u00e9 \u4f60\u597d \ud83d\ude80",
                ";reboot",
                "x".repeat(255),
                "\u4f60".repeat(85));
        try (ConnectionPool pool = pool(sftp())) {
            Path original = file("original", 100);
            for (String name : hostile) {
                Copied there = Copy.over(pool).push(original, name, Job.create());
                assertThat(there.sha256()).as(name).isPresent();
                Path back = temp.resolve("back-"
                        + Names.last(name)
                                .substring(0, Math.min(5, Names.last(name).length())));
                assertThat(Copy.over(pool).pull(name, back, Job.create()).sha256())
                        .isPresent();
                assertSame(back, original);
            }
            assertThat(names(home()))
                    .containsExactlyInAnyOrderElementsOf(
                            hostile.stream().map(name -> name.replace("./", "")).toList());
        }
    }

    @Test
    void aDirectoryIsAPlaceToPutItInto() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Path original = file("original", 10);
            Path directory = Files.createDirectory(home().resolve("d"));
            Copy.over(pool).push(original, "d/", Job.create());
            Copy.over(pool).push(original, directory + "/other", Job.create());
            assertThat(names(directory)).containsExactly("original", "other");
            Copied pulled = Copy.over(pool).pull("d/other", temp.path(), Job.create());
            assertThat(pulled.target()).isEqualTo(temp.resolve("other").toString());
            assertSame(temp.resolve("other"), original);
        }
    }

    @Test
    void aLinkIsFollowedAndStaysOne() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Path original = file("original", 10);
            Path real = Files.writeString(home().resolve("real"), "old");
            Path link = Files.createSymbolicLink(home().resolve("link"), Path.of("real"));
            Copy.over(pool).push(original, "link", Job.create());
            assertThat(Files.isSymbolicLink(link)).isTrue();
            assertSame(real, original);
            Path here = Files.createSymbolicLink(temp.resolve("here"), Path.of("elsewhere"));
            Files.writeString(temp.resolve("elsewhere"), "old");
            Copy.over(pool).pull("link", here, Job.create());
            assertThat(Files.isSymbolicLink(here)).isTrue();
            assertSame(temp.resolve("elsewhere"), original);
        }
    }

    @Test
    void holesAreCopiedAsTheZerosTheyAre() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Path sparse = temp.resolve("sparse");
            try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
                file.setLength(50L * RUN + 7);
                file.seek(30L * RUN);
                file.writeBytes("an island");
            }
            assertThat(Copy.over(pool).push(sparse, "there", Job.create()).sha256())
                    .isPresent();
            assertSame(home().resolve("there"), sparse);
            Copy.over(pool).pull("there", temp.resolve("back"), Job.create());
            assertSame(temp.resolve("back"), sparse);
        }
    }

    @Test
    void whatIsNoFileIsNeitherCopiedNorReplaced() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Copy copy = Copy.over(pool);
            Path original = file("original", 10);
            pool.run("mkfifo", home() + "/pipe").check();
            assertThatThrownBy(() -> copy.push(original, "pipe", Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContaining("not replaced");
            assertThatThrownBy(() -> copy.pull("pipe", temp.resolve("x"), Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContaining("not a file");
            assertThatThrownBy(() -> copy.push(temp.path(), "d", Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContaining("not a file");
            assertThatThrownBy(() -> copy.pull("/dev/zero", temp.resolve("x"), Job.create()))
                    .isInstanceOf(CopyException.class);
            assertThat(names(home())).containsExactly("pipe");
        }
    }

    @Test
    void whatIsMissingIsNamed() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Copy copy = Copy.over(pool);
            Path original = file("original", 10);
            for (String target : List.of("nosuch/", "nosuch/file", "/nosuch/deep/file")) {
                CopyException e =
                        catchThrowableOfType(CopyException.class, () -> copy.push(original, target, Job.create()));
                assertThat(e).hasMessageContainingAll("no such", target);
                assertThat(e.retrySafe()).isFalse();
                assertThat(e.part()).isEmpty();
            }
            assertThatThrownBy(() -> copy.push(temp.resolve("nosuch"), "x", Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContaining("no such file");
            assertThatThrownBy(() -> copy.pull("nosuch", temp.resolve("x"), Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContainingAll("no such file", "nosuch");
            assertThatThrownBy(() -> copy.pull("nosuch", temp.resolve("d/x"), Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContaining("d/x");
            assertThat(names(home())).isEmpty();
        }
    }

    @Test
    void whoMayNotReadOrWriteIsToldSo() throws Exception {
        try (ConnectionPool pool = pool(sftp().asOrdinaryUser())) {
            Path original = file("original", 10);
            pool.run(Command.shell("cd; mkdir closed; chmod 500 closed; echo secret > s; chmod 0 s"))
                    .check();
            assertThatThrownBy(() -> Copy.over(pool).push(original, "closed/x", Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContainingAll("permission denied there", "closed/x");
            assertThatThrownBy(() -> Copy.over(pool).pull("s", temp.resolve("x"), Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContaining("permission denied there");
            assertThat(Files.exists(temp.resolve("x"))).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFullDiskLeavesTheOldTarget(boolean resume) throws Exception {
        // What a file may not grow beyond is to its writer what a full disk is.
        Path bounded = Files.writeString(temp.resolve("bounded"), "trap '' XFSZ\nulimit -f 4096\n" + SERVE + "\n");
        try (ConnectionPool pool = pool(OpenSshServer.builder().option("Subsystem", "sftp bash " + bounded))) {
            Path original = file("original", 9 * RUN);
            Files.writeString(home().resolve("there"), "old");
            Copy copy = Copy.builder(pool).resume(resume).build();
            CopyException e =
                    catchThrowableOfType(CopyException.class, () -> copy.push(original, "there", Job.create()));
            assertThat(e).hasMessageContainingAll("there", "no full disk", "quota");
            assertThat(e.retrySafe()).isFalse();
            assertThat(Files.readString(home().resolve("there"))).isEqualTo("old");
            assertThat(names(home())).hasSize(resume ? 2 : 1);
            assertThat(e.part().isPresent()).isEqualTo(resume);
        }
    }

    @Test
    void anAccountWithSftpOnlyGetsItsFileAndNoClaim() throws Exception {
        try (ConnectionPool pool = pool(sftp().option("ForceCommand", SERVE))) {
            Path original = file("original", 2 * RUN + 3);
            Copied there = Copy.over(pool).push(original, "there", Job.create());
            assertThat(there.sha256()).isEmpty();
            assertThat(there.unverified()).contains("no checksum");
            assertSame(home().resolve("there"), original);
            Copied back = Copy.over(pool).pull("there", temp.resolve("back"), Job.create());
            assertThat(back.sha256()).isEmpty();
            assertSame(temp.resolve("back"), original);
        }
    }

    @Test
    void failedPushesToAnAccountWithSftpOnlyDoNotFillItsDisk() throws Exception {
        Gate gate = new Gate(temp.resolve("gate"));
        String served = gate.subsystem(SERVE);
        OpenSshServer started = OpenSshServer.builder()
                .option("Subsystem", "sftp " + served)
                .option("ForceCommand", served)
                .start();
        server = started;
        try (gate;
                TcpProxy proxy = TcpProxy.to(started.port());
                ConnectionPool pool = pool(started.clientConfigForPort(proxy.port()), TransportKind.MUX)
                        .open()) {
            Path original = file("original", 40 * RUN);
            Copy cut = Copy.builder(pool)
                    .stripes(1)
                    .listener((done, total) -> {
                        if (done >= Gate.ARRIVED) {
                            proxy.cut();
                            gate.open("up");
                        }
                    })
                    .build();
            // The first may fail before it knows that nobody can go on from its part.
            gate.shut("up");
            assertThatThrownBy(() -> cut.push(original, "there", Job.create())).isInstanceOf(CopyException.class);
            for (int i = 0; i < 2; i++) {
                gate.shut("up");
                CopyException e =
                        catchThrowableOfType(CopyException.class, () -> cut.push(original, "there", Job.create()));
                assertThat(e).hasMessageContaining("connection was lost").hasMessageNotContaining("goes on from there");
                assertThat(e.part()).isEmpty();
                assertThat(names(home())).hasSizeLessThanOrEqualTo(1);
            }
            Copied there = Copy.over(pool).push(original, "there", Job.create());
            assertThat(there.resumed()).isZero();
            assertSame(home().resolve("there"), original);
            assertThat(names(home())).containsExactly("there");
        }
    }

    @Test
    void withoutSftpTheMessageSaysWhatIsMissing() throws Exception {
        try (ConnectionPool pool = pool(OpenSshServer.builder())) {
            Path original = file("original", 1);
            assertThatThrownBy(() -> Copy.over(pool).push(original, "there", Job.create()))
                    .hasMessageContaining("no subsystem sftp");
        }
    }

    @Test
    void theListenerHearsOfAllBytesInOrder() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Path original = file("original", 5 * RUN + 1);
            List<Long> heard = new ArrayList<>();
            Copy copy = Copy.builder(pool)
                    .listener((done, total) -> {
                        assertThat(total).isEqualTo(5 * RUN + 1);
                        heard.add(done);
                    })
                    .build();
            copy.push(original, "there", Job.create());
            assertThat(heard).isSorted().endsWith(5L * RUN + 1);
        }
    }

    @Test
    void aFailureThatNobodyExpectedSaysWhatHasHappened() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Path original = file("original", 9 * RUN);
            Files.writeString(home().resolve("there"), "old");
            Copy copy = Copy.builder(pool)
                    .listener((done, total) -> {
                        if (done == total) {
                            throw new IllegalStateException("a listener that throws");
                        }
                    })
                    .build();
            CopyException e =
                    catchThrowableOfType(CopyException.class, () -> copy.push(original, "there", Job.create()));
            assertThat(e)
                    .hasMessageContainingAll("unexpected failure", "a listener that throws", "in its place, whole");
            assertThat(Files.mismatch(home().resolve("there"), original)).isEqualTo(-1);
        }
    }

    @Test
    void whatIsAskedForWrongIsRefusedBeforeAnythingStarts() throws IOException {
        try (ConnectionPool pool = pool(sftp())) {
            assertThatThrownBy(() -> Copy.builder(pool).stripes(0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Copy.over(pool).push(Path.of("x"), "a\0b", Job.create()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Copy.over(pool).pull("\ud800", Path.of("x"), Job.create()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
