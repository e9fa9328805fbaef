package io.muxpool.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.Command;
import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.testkit.OpenSshServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a copy has beside its bytes: permissions, owner, links and time, as scp leaves them beside it. */
@Timeout(120)
final class MetadataTest extends OnOneServer {
    private Path source(String mode) throws Exception {
        Path file = Files.writeString(temp.resolve("new" + mode), "new content");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return file;
    }

    /** In the server's home, made by its account. */
    private static void old(ConnectionPool pool, String name, String mode) throws Exception {
        pool.run(Command.shell("cd && echo old >'" + name + "' && chmod " + mode + " '" + name + "'"))
                .check();
    }

    @ParameterizedTest
    @ValueSource(strings = {"022", "077", "002"})
    void modesAreThoseThatScpLeaves(String umask) throws Exception {
        OpenSshServer.Builder options =
                OpenSshServer.builder().asOrdinaryUser().option("Subsystem", "sftp umask " + umask + "; " + SERVE);
        try (ConnectionPool pool = pool(options)) {
            for (String mode : List.of("rw-r--r--", "rw-------", "rwxr-xr-x", "rw-rw-rw-", "r--r--r--")) {
                Path file = source(mode);
                Copy.over(pool).push(file, "made-by-us", Job.create());
                assertThat(scp(file.toString(), "box:made-by-scp")).isZero();
                assertThat(mode(home().resolve("made-by-us")))
                        .as("a new file, of %s", mode)
                        .isEqualTo(mode(home().resolve("made-by-scp")));
                pool.run(Command.shell("cd && rm -f made-by-us made-by-scp")).check();
            }
            for (String kept : List.of("600", "640", "666", "755", "200")) {
                for (String name : List.of("ours", "theirs")) {
                    old(pool, name, kept);
                }
                Path file = source("rw-r--r--");
                Copied copied = Copy.over(pool).push(file, "ours", Job.create());
                assertThat(scp(file.toString(), "box:theirs")).isZero();
                assertThat(copied.notices()).isEmpty();
                assertThat(mode(home().resolve("ours")))
                        .as("an old file of mode %s", kept)
                        .isEqualTo(mode(home().resolve("theirs")));
                assertThat(Files.readString(home().resolve("ours"))).isEqualTo("new content");
            }
        }
    }

    @Test
    void modesOfPulledFilesAreThoseThatScpLeaves() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            // Of one that is read-only scp makes it writable for its owner; here it stays what it is.
            for (String mode : List.of("644", "666", "600", "755")) {
                old(pool, "f" + mode, mode);
                Copy.over(pool).pull("f" + mode, temp.resolve("ours" + mode), Job.create());
                assertThat(scp("box:f" + mode, temp.resolve("theirs" + mode).toString()))
                        .isZero();
                assertThat(mode(temp.resolve("ours" + mode)))
                        .as("a new file, of %s", mode)
                        .isEqualTo(mode(temp.resolve("theirs" + mode)));
            }
            Path narrow = Files.writeString(temp.resolve("narrow"), "old");
            Files.setPosixFilePermissions(narrow, PosixFilePermissions.fromString("rw-------"));
            Copy.over(pool).pull("f644", narrow, Job.create());
            assertThat(mode(narrow)).isEqualTo("rw-------");
            assertThat(Files.readString(narrow)).isEqualTo("old\n");
        }
    }

    @Test
    void aReadOnlyTargetIsNotReplaced() throws Exception {
        try (ConnectionPool pool = pool(sftp().asOrdinaryUser())) {
            Path file = source("rw-r--r--");
            old(pool, "closed", "444");
            assertThat(scp(file.toString(), "box:closed")).isNotZero();
            CopyException e = catchThrowableOfType(
                    CopyException.class, () -> Copy.over(pool).push(file, "closed", Job.create()));
            assertThat(e).hasMessageContainingAll("permission denied", "closed", "read-only");
            assertThat(Files.readString(home().resolve("closed"))).isEqualTo("old\n");
            assertThat(names(home())).containsExactly("closed");
        }
    }

    @Test
    void anotherUsersFileIsWrittenToOnlyInPlaceAndStaysTheirs() throws Exception {
        assumeTrue(OpenSshServer.Builder.canChooseLoginShell(), "only root can have another account's file here");
        try (ConnectionPool pool = pool(sftp().asOrdinaryUser())) {
            Path file = source("rw-r--r--");
            Path theirs = Files.writeString(home().resolve("theirs"), "old content, which is longer than the new one");
            Files.setPosixFilePermissions(theirs, PosixFilePermissions.fromString("rw-rw-rw-"));
            assertThatThrownBy(() -> Copy.over(pool).push(file, "theirs", Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContainingAll("another account", "not replaced", "--inplace");
            assertThat(Files.readString(theirs)).startsWith("old");
            Copied copied = Copy.builder(pool).inPlace(true).build().push(file, "theirs", Job.create());
            assertThat(copied.sha256()).isPresent();
            assertThat(Files.readString(theirs)).isEqualTo("new content");
            assertThat(Files.getOwner(theirs).getName()).isEqualTo(System.getProperty("user.name"));
            // Only its owner may give it a time.
            assertThat(copied.notices()).hasSize(1).first().asString().contains("the time");
            assertThat(names(home())).containsExactly("theirs");
        }
    }

    @Test
    void rootKeepsOwnerAndGroupOfWhatItReplaces() throws Exception {
        assumeTrue(OpenSshServer.Builder.canChooseLoginShell(), "only root can give files away");
        try (ConnectionPool pool = pool(sftp())) {
            Path file = source("rw-r--r--");
            for (Path old : List.of(home().resolve("old"), temp.resolve("old"))) {
                Files.writeString(old, "old");
                Files.setAttribute(old, "unix:gid", 54321);
                Files.setAttribute(old, "unix:uid", 12345);
                Files.setAttribute(old, "unix:mode", 04750);
            }
            Copy.over(pool).push(file, "old", Job.create());
            Copy.over(pool).pull(file.toString(), temp.resolve("old"), Job.create());
            for (Path old : List.of(home().resolve("old"), temp.resolve("old"))) {
                assertThat(Files.readString(old)).isEqualTo("new content");
                assertThat(Files.getAttribute(old, "unix:uid")).isEqualTo(12345);
                assertThat(Files.getAttribute(old, "unix:gid")).isEqualTo(54321);
                assertThat((Integer) Files.getAttribute(old, "unix:mode") & 07777)
                        .isEqualTo(04750);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void otherNamesOfATargetAreNotLostWithoutAWord(boolean verify) throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Path file = source("rw-r--r--");
            for (Path place : List.of(home(), temp.path())) {
                Files.writeString(place.resolve("one"), "old");
                Files.createLink(place.resolve("other"), place.resolve("one"));
            }
            Copy inPlace = Copy.builder(pool).inPlace(true).verify(verify).build();
            assertThat(inPlace.push(file, "one", Job.create()).notices()).isEmpty();
            assertThat(inPlace.pull(file.toString(), temp.resolve("one"), Job.create())
                            .notices())
                    .isEmpty();
            for (Path place : List.of(home(), temp.path())) {
                assertThat(Files.readString(place.resolve("other"))).isEqualTo("new content");
            }
            Copy copy = Copy.builder(pool).verify(verify).build();
            for (Copied copied : List.of(
                    copy.push(file, "one", Job.create()),
                    copy.pull(file.toString(), temp.resolve("one"), Job.create()))) {
                assertThat(copied.notices()).hasSize(1);
                assertThat(copied.notices().get(0)).contains("2 names (hard links)", "--inplace");
            }
        }
    }

    @Test
    void extendedAttributesOfATargetAreKept() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Path file = source("rw-r--r--");
            List<Path> olds = List.of(home().resolve("old"), temp.resolve("old"));
            for (Path old : olds) {
                Files.writeString(old, "old");
                assumeTrue(
                        Files.getFileStore(old).supportsFileAttributeView(UserDefinedFileAttributeView.class),
                        "no extended attributes on this file system");
                Files.setAttribute(old, "user:colour", "blue".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
            assumeTrue(status("cp", "--attributes-only", "--version") == 0, "no cp of GNU: install coreutils");
            Copy.over(pool).push(file, "old", Job.create());
            Copy.over(pool).pull(file.toString(), temp.resolve("old"), Job.create());
            for (Path old : olds) {
                assertThat(Files.readString(old)).isEqualTo("new content");
                assertThat((byte[]) Files.getAttribute(old, "user:colour"))
                        .asString()
                        .isEqualTo("blue");
            }
        }
    }

    @Test
    void theAccessControlListOfATargetIsKept() throws Exception {
        assumeTrue(has("setfacl"), "no setfacl: install acl");
        try (ConnectionPool pool = pool(sftp())) {
            Path file = source("rw-r--r--");
            Path old = Files.writeString(home().resolve("old"), "old");
            assertThat(status("setfacl", "-m", "u:nobody:r", old.toString())).isZero();
            assertThat(Copy.over(pool).push(file, "old", Job.create()).notices())
                    .isEmpty();
            assertThat(LocalShell.output("getfacl", "-c", old.toString())).contains("user:nobody:r--");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whereSetstatIsDeniedTheFileIsThereWithANotice(boolean exists) throws Exception {
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().option("Subsystem", "sftp " + SERVE + " -P setstat,fsetstat"))) {
            Path file = source("rw-r--r--");
            if (exists) {
                Files.writeString(home().resolve("there"), "old");
            }
            Copied copied = Copy.over(pool).push(file, "there", Job.create());
            assertThat(copied.sha256()).isPresent();
            assertThat(copied.notices()).hasSize(1);
            assertThat(copied.notices().get(0)).contains("is there, whole", "refuses to set the permissions");
            assertThat(Files.readString(home().resolve("there"))).isEqualTo("new content");
            assertThat(names(home())).containsExactly("there");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, -2_208_988_800L, 1L << 32, 7_258_118_400L})
    void aTimeThatSftpCannotExpressIsANoticeAndNoFailure(long seconds) throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Path file = source("rw-r--r--");
            Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(seconds)));
            assumeTrue(
                    Files.getLastModifiedTime(file).toInstant().getEpochSecond() == seconds,
                    "this file system has no such time");
            for (boolean inPlace : new boolean[] {false, true}) {
                Copied copied = Copy.builder(pool).inPlace(inPlace).build().push(file, "there", Job.create());
                assertThat(copied.sha256()).isPresent();
                assertThat(copied.notices()).hasSize(1);
                assertThat(copied.notices().get(0)).contains("no word for the time");
            }
            Copied back = Copy.over(pool).pull(file.toString(), temp.resolve("back"), Job.create());
            assertThat(back.sha256()).isPresent();
            // As with scp -p: 32 bits are all that comes.
            assertThat(Files.getLastModifiedTime(temp.resolve("back"))
                            .toInstant()
                            .getEpochSecond())
                    .isEqualTo(seconds & 0xffffffffL);
        }
    }
}
