package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.SshEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each word of a hostile kind in each seat where a caller may put what others gave him. Had it been an option or an order
 * anywhere between here and there, real ssh, sshd and shell would have made a file.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class InjectionTest {
    /** Where no path can be told, it would be made in the directory of this process, or in the home of its user. */
    private static final String CANARY = "muxpool-canary";

    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.start();
    private int number;
    private final Path canary = temp.resolve(CANARY);

    @AfterAll
    void stop() {
        LeakCheck.endMasters(temp.path());
        server.close();
        temp.close();
    }

    @BeforeAll
    @AfterEach
    void nothingCameOfIt() {
        LeakCheck.endMasters(temp.path());
        assertThat(Stream.of(
                        canary,
                        server.home().resolve(CANARY),
                        Path.of(CANARY),
                        Path.of(System.getProperty("user.home"), CANARY)))
                .noneMatch(Files::exists);
    }

    private Remote.Builder remote(String host, TransportKind transport) {
        return Remote.builder(host)
                .configFile(server.clientConfig())
                .socketDir(temp.resolve("s"))
                .transport(transport);
    }

    private static List<String> hostile(String file) {
        return List.of(
                "-oProxyCommand=touch " + file,
                "-oProxyCommand=touch\t" + file,
                "-F" + file,
                "-E" + file,
                "--",
                "-",
                "box -oProxyCommand=touch " + file,
                "box\n-oProxyCommand=touch " + file,
                "box\nProxyCommand touch " + file,
                "box\rtouch " + file,
                "$(touch " + file + ")",
                "`touch " + file + "`",
                "; touch " + file + ";",
                "| touch " + file,
                "& touch " + file + " &",
                "\n touch " + file + "\n",
                "' ; touch " + file + " ; '",
                "\" ; touch " + file + " ; \"",
                "\\'; touch " + file + " ;\\'",
                "'\"'\"'; touch " + file + " ; '\"'\"'",
                "> " + file,
                "${IFS}touch${IFS}" + file,
                "%h %r %C %% %d",
                "~.",
                "!touch " + file,
                "\u001b]0;touch " + file + "\u0007",
                "\u202etouch " + file,
                "\u00ff\ufffd\u20ac\ud83d\ude42; touch " + file);
    }

    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"MUX", "PROCESS"})
    void wordsAndVariablesArriveAsTheyAre(TransportKind transport) {
        try (ConnectionPool pool =
                ConnectionPool.open(remote(SshEndpoint.ALIAS, transport).build(), "words")) {
            for (String word : hostile(canary.toString())) {
                assertThat(pool.run("printf", "%s", word).check().stdoutText()).isEqualTo(word);
                assertThat(pool.run(Command.of("printenv", "V").withEnv("V", word))
                                .check()
                                .stdoutText())
                        .isEqualTo(word + "\n");
                assertThat(pool.run(Command.shell("printf %s " + ShellQuote.single(word)))
                                .check()
                                .stdoutText())
                        .isEqualTo(word);
                // No program is called that.
                assertThat(pool.run(word).exit()).isNotEqualTo(new Exit.Exited(0));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"MUX", "PROCESS"})
    void subsystemIsNothingButAName(TransportKind transport) {
        try (ConnectionPool pool =
                ConnectionPool.open(remote(SshEndpoint.ALIAS, transport).build(), "words")) {
            for (String word : hostile(canary.toString())) {
                notAtAll(() -> pool.run(Command.subsystem(word)).exit().equals(new Exit.Exited(0)));
            }
        }
    }

    static Stream<String> hostileHere() {
        return hostile(CANARY).stream();
    }

    @ParameterizedTest
    @MethodSource("hostileHere")
    void hostAndUserAreRefusedOrAreNothingButNames(String word) {
        for (String host : List.of(word, word + "@box", "u@" + word)) {
            notAtAll(() -> {
                try (ConnectionPool pool =
                        ConnectionPool.open(remote(host, TransportKind.AUTO).build(), "hosts")) {
                    return pool.run("true").exit().equals(new Exit.Exited(0));
                }
            });
        }
    }

    /** Refused, or not found; but done it is not. */
    private static void notAtAll(Supplier<Boolean> succeeds) {
        try {
            assertThat(succeeds.get()).isFalse();
        } catch (IllegalArgumentException | NotStartedException e) {
            assertThat(e).hasMessageNotContaining("\n -o");
        }
    }

    @ParameterizedTest
    @MethodSource("hostileHere")
    void namesOfFilesAndPoolsAreNothingButNames(String word) throws IOException {
        Path config = Files.copy(
                server.clientConfig(),
                Files.createTempDirectory(temp.path(), "f").resolve(word + "x"));
        // A socket's path must be short.
        Path sockets = temp.resolve(Integer.toString(++number)).resolve(word.substring(0, Math.min(10, word.length())));
        Remote.Builder remote = remote(SshEndpoint.ALIAS, TransportKind.AUTO);
        orRefused(() -> remote.configFile(config));
        orRefused(() -> remote.socketDir(sockets));
        String name = orRefused(() -> ConnectionPool.builder(remote.build(), word)) ? word : "pool";
        try (ConnectionPool pool = ConnectionPool.open(remote.build(), name)) {
            assertThat(pool.run("echo", "here").check().stdoutText()).isEqualTo("here\n");
        }
    }

    private static boolean orRefused(Runnable seat) {
        try {
            seat.run();
            return true;
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageFindingMatch("must not|may not|cannot");
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud800", "a\udfffb", "\ude42\ud83d"})
    void whatUtf8CannotExpressIsRefusedNotReplaced(String word) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Command.of("echo", word))
                .withMessageContaining("surrogate");
        assertThatIllegalArgumentException().isThrownBy(() -> Command.shell(word));
        assertThatIllegalArgumentException().isThrownBy(() -> Command.of("true").withEnv("V", word));
        assertThatIllegalArgumentException().isThrownBy(() -> Remote.builder(word));
    }
}
