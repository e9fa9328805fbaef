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
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which file a name means, here and there, as scp takes it. */
@Timeout(120)
final class PlacesTest extends OnOneServer {
    @Test
    void twoLinksToFilesOfOneNameAreTwoFiles() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            for (String name : List.of("a", "b")) {
                Path directory = Files.createDirectory(temp.resolve("v" + name));
                Files.writeString(directory.resolve("data"), "content of " + name);
                Files.createSymbolicLink(temp.resolve(name), directory.resolve("data"));
            }
            Files.createDirectory(home().resolve("ours"));
            Files.createDirectory(home().resolve("theirs"));
            for (String name : List.of("a", "b")) {
                Path link = temp.resolve(name);
                Copied copied = Copy.over(pool).push(link, "ours/", Job.create());
                assertThat(copied.target())
                        .isEqualTo(home().resolve("ours").resolve(name).toString());
            }
            assertThat(scp(temp.resolve("a").toString(), temp.resolve("b").toString(), "box:theirs/"))
                    .isZero();
            assertThat(names(home().resolve("ours")))
                    .containsExactly("a", "b")
                    .isEqualTo(names(home().resolve("theirs")));
            assertThat(Files.readString(home().resolve("ours/a"))).isEqualTo("content of a");
            // And back: the name that was asked for.
            Files.createSymbolicLink(home().resolve("link"), home().resolve("ours/a"));
            Copy.over(pool).pull("link", temp.path(), Job.create());
            assertThat(Files.readString(temp.resolve("link"))).isEqualTo("content of a");
        }
    }

    @Test
    void aLinkInsideOfTheDirectoryIsFollowedAndStaysOne() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Path directory = Files.createDirectory(home().resolve("d"));
            Path real = Files.writeString(home().resolve("real"), "old");
            Files.createSymbolicLink(directory.resolve("original"), real);
            Path original = file("original", 10);
            Copy.over(pool).push(original, "d", Job.create());
            assertThat(directory.resolve("original")).isSymbolicLink();
            assertSame(real, original);
        }
    }

    @Test
    void aTildeIsAHomeDirectory() throws Exception {
        assumeTrue(
                OpenSshServer.Builder.canChooseLoginShell(),
                "only an account of its own has its home directory for a test");
        try (ConnectionPool pool = pool(sftp().asOrdinaryUser())) {
            Path original = file("original", 10);
            Copy copy = Copy.over(pool);
            String user = "~" + running().user();
            pool.run(Command.shell("mkdir ~/d")).check();
            copy.push(original, "~/one", Job.create());
            copy.push(original, user + "/two", Job.create());
            copy.push(original, "~", Job.create());
            copy.push(original, user + "/d/", Job.create());
            assertThat(names(home())).containsExactly("d", "one", "original", "two");
            assertThat(names(home().resolve("d"))).containsExactly("original");
            assertThat(scp(original.toString(), "box:~/three")).isZero();
            assertThat(names(home())).contains("three");
            copy.pull("~/one", temp.resolve("back"), Job.create());
            assertSame(temp.resolve("back"), original);
            assertThatThrownBy(() -> copy.push(original, "~nosuchaccount/x", Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContainingAll("no home directory", "~nosuchaccount/x");
        }
    }

    @Test
    void whereTheServerExpandsNothingATildeIsWhereALoginBegins() throws Exception {
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().option("Subsystem", "sftp " + SERVE + " -P expand-path"))) {
            Path original = file("original", 10);
            Copy copy = Copy.over(pool);
            copy.push(original, "~/one", Job.create());
            copy.push(original, "~", Job.create());
            copy.push(original, "./~", Job.create());
            assertThat(names(home())).containsExactly("one", "original", "~");
        }
    }

    @Test
    void patternsMatchWhatTheyMatchWithScp() throws Exception {
        try (ConnectionPool pool = pool(sftp())) {
            Files.createDirectory(home().resolve("logs"));
            Files.createDirectory(home().resolve("other"));
            for (String name : List.of(
                    "logs/a1.log",
                    "logs/a2.log",
                    "logs/b.txt",
                    "logs/.hidden.log",
                    "logs/[x].log",
                    "other/a1.log",
                    "logs/it's $HOME.log",
                    "logs/x-y.log",
                    "logs/\u4f60.log")) {
                Files.writeString(home().resolve(name), name);
            }
            for (String pattern : List.of(
                    "logs/*.log",
                    "logs/a?.log",
                    "logs/a[12].log",
                    "logs/a[!1].log",
                    "*/b.txt",
                    "logs/.*.log",
                    "logs/[[:alpha:]]*",
                    "logs/*[$]*",
                    "logs/\\[x\\].log",
                    "l*s/a[0-1].log",
                    "logs/[b-].txt")) {
                Path ours = Files.createDirectory(temp.resolve("ours"));
                Path theirs = Files.createDirectory(temp.resolve("theirs"));
                for (String match : Copy.over(pool).matches(pattern, Job.create())) {
                    Copy.over(pool).pull(match, ours, Job.create());
                }
                assertThat(scp("box:" + pattern, theirs.toString())).as(pattern).isZero();
                assertThat(names(ours)).as(pattern).isEqualTo(names(theirs)).isNotEmpty();
                for (Path directory : List.of(ours, theirs)) {
                    for (String name : names(directory)) {
                        Files.delete(directory.resolve(name));
                    }
                    Files.delete(directory);
                }
            }
            // A name that is there means itself, whatever it holds.
            Files.writeString(home().resolve("a*"), "literal");
            Files.writeString(home().resolve("ab"), "matched");
            assertThat(Copy.over(pool).matches("a*", Job.create())).containsExactly("a*");
            assertThat(Copy.over(pool).matches("nosuch*", Job.create())).containsExactly("nosuch*");
            assertThatThrownBy(() -> Copy.over(pool).pull("nosuch*", temp.path(), Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContainingAll("no such file", "nosuch*");
        }
    }

    /** As the account: a directory that takes no new file, with a file in it that may be written to. */
    @ParameterizedTest
    @ValueSource(strings = {"chmod 555 d", "chmod 1777 d"})
    void whereNothingCanBeCreatedOrRenamedTheMessageOffersInPlace(String closing) throws Exception {
        assumeTrue(OpenSshServer.Builder.canChooseLoginShell(), "only root can have another account's directory here");
        try (ConnectionPool pool = pool(sftp().asOrdinaryUser())) {
            Path original = file("original", 100_000);
            Path directory = Files.createDirectory(home().resolve("d"));
            Path target = directory.resolve("target");
            Files.writeString(target, "x".repeat(200_000));
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-rw-rw-"));
            if (closing.contains("555")) {
                // Its own file, so that nothing but the directory is in the way.
                Files.setOwner(
                        target,
                        target.getFileSystem()
                                .getUserPrincipalLookupService()
                                .lookupPrincipalByName(running().user()));
            }
            assertThat(status("sh", "-c", "cd " + home() + " && " + closing)).isZero();
            CopyException e = catchThrowableOfType(
                    CopyException.class, () -> Copy.over(pool).push(original, "d/target", Job.create()));
            assertThat(e).hasMessageContaining("--inplace");
            assertThat(names(directory)).containsExactly("target");
            Copied copied = Copy.builder(pool).inPlace(true).build().push(original, "d/target", Job.create());
            assertThat(copied.sha256()).isPresent();
            assertThat(Files.mismatch(target, original)).isEqualTo(-1);
            assertThat(copied.target()).isEqualTo(target.toString());
        }
    }

    @Test
    void aFileThatIsMountedByItselfIsWrittenToInPlace() throws Exception {
        assumeTrue(status("unshare", "-m", "true") == 0, "no mounts of one's own: run as root, with util-linux");
        Path real = Files.writeString(temp.resolve("real"), "old");
        String mount = "touch $HOME/mounted; mount --bind " + real + " $HOME/mounted && " + SERVE;
        Path serve = Files.writeString(temp.resolve("serve"), "unshare -m sh -c '" + mount + "'\n");
        try (ConnectionPool pool = pool(OpenSshServer.builder().option("Subsystem", "sftp sh " + serve))) {
            Path original = file("original", 1000);
            CopyException e = catchThrowableOfType(
                    CopyException.class, () -> Copy.over(pool).push(original, "mounted", Job.create()));
            assertThat(e)
                    .hasMessageContainingAll("does not rename", "--inplace")
                    .hasMessageNotContaining("full disk");
            Copied copied = Copy.builder(pool).inPlace(true).build().push(original, "mounted", Job.create());
            assertThat(Files.mismatch(real, original)).isEqualTo(-1);
            assertThat(copied.bytes()).isEqualTo(1000);
        }
    }

    @Test
    void anSftpRootThatIsNotTheShellsIsSaidAndNoFailure() throws Exception {
        assumeTrue(status("unshare", "-m", "true") == 0, "no mounts of one's own: run as root, with util-linux");
        Path real = Files.createDirectory(temp.resolve("real"));
        String mount = "mkdir -p $HOME/data; mount --bind " + real + " $HOME/data && " + SERVE;
        Path serve = Files.writeString(temp.resolve("serve"), "unshare -m sh -c '" + mount + "'\n");
        try (ConnectionPool pool = pool(OpenSshServer.builder().option("Subsystem", "sftp sh " + serve))) {
            for (int size : List.of(1000, 9 * Runs.LENGTH)) {
                Path original = file("original", size);
                Copied there = Copy.over(pool).push(original, "data/x", Job.create());
                assertSame(real.resolve("x"), original);
                Copied back = Copy.over(pool).pull("data/x", temp.resolve("back"), Job.create());
                assertSame(temp.resolve("back"), original);
                // Another file, where the shell looks for it.
                Files.writeString(home().resolve("data/y"), "another");
                Files.copy(original, real.resolve("y"));
                Copied other = Copy.over(pool).pull("data/y", temp.resolve("back"), Job.create());
                for (Copied copied : List.of(there, back, other)) {
                    assertThat(copied.sha256()).isEmpty();
                    assertThat(copied.unverified()).contains("another root directory");
                }
                Files.delete(real.resolve("y"));
            }
        }
    }

    private OpenSshServer running() {
        return java.util.Objects.requireNonNull(server);
    }
}
