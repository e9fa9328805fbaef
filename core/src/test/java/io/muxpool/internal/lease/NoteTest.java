package io.muxpool.internal.lease;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.internal.unix.User;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one process leaves for the next beside the leases: hints, of which none that is odd does harm. */
class NoteTest {
    private static final String SESSIONS = "sessions";
    private static final String CONFIG = "config";

    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final Path root = temp.resolve("r");
    private final LeaseStore store = new LeaseStore(root, "p", "dst#u@h###pool", Duration.ofSeconds(600));

    @AfterEach
    void deleteDirectory() {
        temp.close();
    }

    /** Where notes lie, made by taking a lease. */
    private Path directory() {
        Lease lease = store.acquire();
        lease.discard();
        return lease.socket().resolve("../..").normalize();
    }

    /** As a process of ours would write it. */
    private static void put(Path note, byte[] text) throws IOException {
        Files.write(note, text);
        Files.setPosixFilePermissions(note, PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void sessionsThatWereLearnedAreReadBackTheLastOfThem() throws IOException {
        assertThat(store.learnedSessions()).isEmpty();
        Path directory = directory();
        store.learnSessions(7);
        store.learnSessions(10);
        assertThat(store.learnedSessions()).hasValue(10);
        assertThat(directory.resolve(SESSIONS)).hasContent("10\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(SESSIONS))))
                .isEqualTo("rw-------");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("c", "free", "used", SESSIONS);
        }
    }

    @Test
    void sessionsAreBelievedForADay() throws IOException {
        Path note = directory().resolve(SESSIONS);
        store.learnSessions(3);
        Files.setLastModifiedTime(note, FileTime.from(Instant.now().minus(Duration.ofHours(23))));
        assertThat(store.learnedSessions()).hasValue(3);
        Files.setLastModifiedTime(note, FileTime.from(Instant.now().minus(Duration.ofDays(1))));
        assertThat(store.learnedSessions()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "3", "0\n", "-3\n", "+3\n", "03\n", "3 \n", "3\n\n", "x\n", "1234567890\n"})
    void aNoteThatNoProcessOfOursWroteSaysNothingOfSessions(String text) throws IOException {
        put(directory().resolve(SESSIONS), text.getBytes(UTF_8));
        assertThat(store.learnedSessions()).isEmpty();
    }

    @Test
    void aNoteIsReadUpToItsGreatestSizeAndNotBeyond() throws IOException {
        Path directory = directory();
        store.keepConfig("x".repeat(64 * 1024));
        assertThat(store.keptConfig())
                .hasValueSatisfying(text -> assertThat(text).hasSize(64 * 1024));
        put(directory.resolve(CONFIG), "x".repeat(64 * 1024 + 1).getBytes(UTF_8));
        assertThat(store.keptConfig()).isEmpty();
    }

    @Test
    void aLinkInANotesPlaceIsNotFollowedAndIsReplacedByTheNextNote() throws IOException {
        Path directory = directory();
        Path elsewhere = Files.writeString(temp.resolve("elsewhere"), "9\n");
        Files.createSymbolicLink(directory.resolve(SESSIONS), elsewhere);
        assertThat(store.learnedSessions()).isEmpty();
        store.learnSessions(4);
        assertThat(store.learnedSessions()).hasValue(4);
        assertThat(elsewhere).hasContent("9\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw--w----", "r--------"})
    void aNoteOfAnotherModeThanOursSaysNothing(String permissions) throws IOException {
        Path note = directory().resolve(SESSIONS);
        store.learnSessions(3);
        Files.setPosixFilePermissions(note, PosixFilePermissions.fromString(permissions));
        assertThat(store.learnedSessions()).isEmpty();
    }

    @Test
    void aNoteOfAnotherUsersSaysNothing() throws IOException {
        assumeTrue(User.id() == 0, "only root can give a file away");
        Path note = directory().resolve(SESSIONS);
        store.learnSessions(3);
        Files.setAttribute(note, "unix:uid", 12345);
        assertThat(store.learnedSessions()).isEmpty();
    }

    @Test
    void aNoteThatIsNotTextSaysNothing() throws IOException {
        put(directory().resolve(CONFIG), new byte[] {'a', (byte) 0xff, 'b'});
        assertThat(store.keptConfig()).isEmpty();
    }

    @Test
    void aNoteThatCannotBeWrittenCostsTheNoteAloneAndLeavesOneFileAtMost() throws IOException {
        Path directory = directory();
        Path inTheWay = Files.createDirectory(directory.resolve(SESSIONS));
        Files.createFile(inTheWay.resolve("full"));
        for (int i = 0; i < 3; i++) {
            assertThatCode(() -> store.learnSessions(4)).doesNotThrowAnyException();
        }
        assertThat(store.learnedSessions()).isEmpty();
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("c", "free", "used", SESSIONS, SESSIONS + ".new");
        }
    }

    @Test
    void nothingIsLearnedWhereThereAreNoDirectories() {
        assertThatCode(() -> store.learnSessions(4)).doesNotThrowAnyException();
        assertThat(root).doesNotExist();
    }

    @Test
    void configurationIsReadBackAndMakesNoDirectoryUntilItIsKept() {
        assertThat(store.keptConfig()).isEmpty();
        assertThat(root).doesNotExist();
        store.keepConfig("first\n");
        store.keepConfig("last\n\u00fc");
        assertThat(store.keptConfig()).hasValue("last\n\u00fc");
    }

    @Test
    void configurationIsNeitherReadNorKeptWhereOthersMightHaveWrittenIt() throws IOException {
        Path directory = directory();
        store.keepConfig("ours");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwx---"));
        assertThat(store.keptConfig()).isEmpty();
        store.keepConfig("new");
        assertThat(directory.resolve(CONFIG)).hasContent("ours");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        assertThat(store.keptConfig()).hasValue("ours");
    }
}
