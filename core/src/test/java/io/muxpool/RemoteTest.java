package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteTest {
    @Test
    void defaultsAreAsDocumented() {
        Remote remote = Remote.builder("u@h").build();
        assertThat(remote.isLocal()).isFalse();
        assertThat(remote.userHost()).contains("u@h");
        assertThat(remote.sshProgram()).isEqualTo("ssh");
        assertThat(remote.extraOptions()).containsExactly("-oBatchMode=yes");
        assertThat(remote.verbose()).isFalse();
        assertThat(remote.configFile()).isEmpty();
        assertThat(remote.cipher()).isEqualTo("^aes256-gcm@openssh.com");
        assertThat(remote.port()).isEmpty();
        assertThat(remote.connectTimeout()).isEmpty();
        assertThat(remote.reuseConnection()).isTrue();
        assertThat(remote.transport()).isEqualTo(TransportKind.AUTO);
        assertThat(remote.attach()).isEqualTo(AttachPolicy.CREATE_IF_MISSING);
        assertThat(remote.killGrace()).isEqualTo(Duration.ofSeconds(2));
        assertThat(remote.controlPersist()).isEqualTo(Duration.ofSeconds(600));
        assertThat(remote.controlPersistMargin()).isEqualTo(Duration.ofSeconds(2));
        assertThat(remote.socketDir()).isEqualTo(Path.of(System.getProperty("user.home"), ".ssh", "muxpool"));
        assertThat(remote.location()).isEqualTo(Remote.Location.DST);
        assertThat(remote.exitOnShutdown()).isFalse();
    }

    @Test
    void wordsOfTheDefaultsAreProgramExtraOptionsCipherAndHost() {
        assertThat(Remote.builder("u@h").build().sshWords(null))
                .containsExactly(
                        "ssh",
                        "-oBatchMode=yes",
                        "-oServerAliveInterval=15",
                        "-oServerAliveCountMax=4",
                        "-c",
                        "^aes256-gcm@openssh.com",
                        "u@h");
    }

    @Test
    void defaultsYieldToWhatTheConfigurationSaysAndSetValuesDoNot() {
        Remote remote = Remote.builder("h").extraOptions(List.of()).build();
        assertThat(remote.yieldingTo(Set.of("ciphers", "port")).sshWords(null))
                .containsExactly("ssh", "-oServerAliveInterval=15", "-oServerAliveCountMax=4", "h");
        assertThat(remote.yieldingTo(Set.of("serveralivecountmax")).sshWords(null))
                .containsExactly("ssh", "-oServerAliveInterval=15", "-c", Remote.DEFAULT_CIPHER, "h");
        assertThat(remote.withoutYieldingDefaults().sshWords(null)).containsExactly("ssh", "h");
        Remote set = remote.toBuilder()
                .cipher("aes128-ctr")
                .serverAliveInterval(Duration.ofMillis(1500))
                .serverAliveCountMax(2)
                .build();
        assertThat(set.withoutYieldingDefaults().sshWords(null))
                .containsExactly("ssh", "-oServerAliveInterval=2", "-oServerAliveCountMax=2", "-c", "aes128-ctr", "h");
        assertThat(set.toBuilder().serverAliveInterval(Duration.ZERO).build().sshWords(null))
                .contains("-oServerAliveInterval=0");
    }

    @ParameterizedTest
    @CsvSource({
        "-oCiphers=aes128-ctr, -c",
        "-o Ciphers aes128-ctr, -c",
        "-caes128-ctr, ^",
        "-4c, ^",
        "-oServerAliveInterval=60, -oServerAliveCountMax=4",
        "-oserveralivecountmax=1, -oServerAliveInterval=15"
    })
    void defaultYieldsToACallersOptionAboutTheSameThing(String option, String word) {
        List<String> words =
                Remote.builder("h").extraOptions(List.of(option)).build().sshWords(null);
        assertThat(words.subList(2, words.size())).noneMatch(each -> each.startsWith(word));
    }

    @Test
    void keepaliveOutOfRangeIsRefusedByRuleAndValue() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Remote.builder("h").serverAliveCountMax(0))
                .withMessageContaining("at least 1: 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Remote.builder("h").serverAliveInterval(Duration.ofSeconds(-1)))
                .withMessageContaining("must not be negative");
    }

    @Test
    void everyOptionHasItsPlaceInTheWords() {
        Remote remote = Remote.builder("u@h")
                .sshProgram("/opt/bin/hpnssh")
                .extraOptions(List.of("-4", "-oFoo=bar baz"))
                .verbose(true)
                .configFile(Path.of("/etc/a config"))
                .cipher("aes128-ctr")
                .port(2222)
                .connectTimeout(Duration.ofSeconds(7))
                .build();
        assertThat(remote.sshWords(Path.of("/run/s ocket")))
                .containsExactly(
                        "/opt/bin/hpnssh",
                        "-4",
                        "-oFoo=bar baz",
                        "-v",
                        "-F",
                        "/etc/a config",
                        "-oServerAliveInterval=15",
                        "-oServerAliveCountMax=4",
                        "-c",
                        "aes128-ctr",
                        "-p",
                        "2222",
                        "-oConnectTimeout=7s",
                        "-S",
                        "/run/s ocket",
                        "u@h");
    }

    @Test
    void emptyExtraOptionsAndCipherLeaveNoWords() {
        Remote remote = Remote.builder("h").extraOptions(List.of()).cipher("").build();
        assertThat(remote.sshWords(null))
                .containsExactly("ssh", "-oServerAliveInterval=15", "-oServerAliveCountMax=4", "h");
    }

    @Test
    void optionsAreTheWordsWithoutTheHostInAListOfTheCallersOwn() {
        Remote remote = Remote.builder("u@h").port(22).build();
        List<String> options = remote.sshOptions(null);
        List<String> words = new ArrayList<>(options);
        words.add("u@h");
        assertThat(remote.sshWords(null)).isEqualTo(words);
        options.clear();
        assertThat(remote.sshOptions(null)).isNotEmpty();
        assertThatThrownBy(() -> remote.sshWords(null).add("more")).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void localRemoteHasNoWordsAndQuotesNothing() {
        Remote local = Remote.local();
        assertThat(local.isLocal()).isTrue();
        assertThat(local.userHost()).isEmpty();
        assertThat(local.sshWords(Path.of("/s"))).isEmpty();
        assertThat(local.quote("a b;$(c)")).isEqualTo("a b;$(c)");
        assertThat(local.cacheNamespace()).isEqualTo("-");
        assertThat(local).hasToString("local");
    }

    @Test
    void remoteQuotesForItsShell() {
        Remote remote = Remote.builder("u@h").build();
        assertThat(remote.quote("plain")).isEqualTo("plain");
        assertThat(remote.quote("a b;$(c)")).isEqualTo("'a b;$(c)'");
    }

    @ParameterizedTest
    @CsvSource({
        "PT0S, 0",
        "PT-5S, 0",
        "PT-0.001S, 0",
        "PT0.001S, 1",
        "PT1S, 1",
        "PT1.000000001S, 2",
        "PT2.5S, 3",
        "PT2M, 120"
    })
    void connectTimeoutIsWholeSecondsRoundedUpAndNeverNegative(Duration given, String seconds) {
        Remote remote = Remote.builder("h").connectTimeout(given).build();
        assertThat(remote.sshWords(null)).contains("-oConnectTimeout=" + seconds + "s");
    }

    @Test
    void connectTimeoutAndConfigFileCanBeTakenBack() {
        Remote remote =
                Remote.builder("h").connectTimeout(Duration.ofSeconds(1)).configFile(Path.of("f")).build().toBuilder()
                        .connectTimeout(null)
                        .configFile(null)
                        .build();
        assertThat(remote.connectTimeout()).isEmpty();
        assertThat(remote.sshWords(null)).isEqualTo(Remote.builder("h").build().sshWords(null));
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 65536, Integer.MAX_VALUE})
    void portOutOfRangeIsRefusedByRuleAndValue(int port) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Remote.builder("h").port(port))
                .withMessageContainingAll("port", "1", "65535", Integer.toString(port));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 22, 65535})
    void portInRangeIsAccepted(int port) {
        assertThat(Remote.builder("h").port(port).build().port()).hasValue(port);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-oProxyCommand=evil", "a\0b"})
    void programThatIsNoProgramIsRefused(String program) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Remote.builder("h").sshProgram(program))
                .withMessageContainingAll("sshProgram", program.replace("\0", "\\x00"));
    }

    @Test
    void extraOptionWithNulIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Remote.builder("h").extraOptions(List.of("-4", "-o\0")))
                .withMessageContainingAll("extraOptions", "-o\\x00");
    }

    @Test
    void cipherWithNulIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Remote.builder("h").cipher("aes\0"))
                .withMessageContaining("cipher");
    }

    @Test
    void negativePersistAndMarginAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Remote.builder("h").controlPersist(Duration.ofSeconds(-1)))
                .withMessageContainingAll("controlPersist", "PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Remote.builder("h").controlPersistMargin(Duration.ofNanos(-1)))
                .withMessageContainingAll("controlPersistMargin", "PT-0.000000001S");
        assertThatCode(() -> Remote.builder("h").controlPersist(Duration.ZERO).controlPersistMargin(Duration.ZERO))
                .doesNotThrowAnyException();
    }

    @Test
    void negativeKillGraceIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Remote.builder("h").killGrace(Duration.ofNanos(-1)))
                .withMessageContaining("killGrace");
    }

    @ParameterizedTest
    @EnumSource(names = {"MUX", "PROCESS"})
    void transportThatSharesAConnectionIsRefusedWithoutReuse(TransportKind kind) {
        Remote.Builder builder = Remote.builder("h").transport(kind).reuseConnection(false);
        assertThatIllegalArgumentException()
                .isThrownBy(builder::build)
                .withMessageContainingAll("reuseConnection", kind.name());
        assertThat(builder.reuseConnection(true).build().transport()).isEqualTo(kind);
    }

    @Test
    void plainTransportNeverReusesAConnection() {
        Remote plain = Remote.builder("h").transport(TransportKind.PLAIN).build();
        assertThat(plain.reuseConnection()).isFalse();
        assertThat(plain.toBuilder().transport(TransportKind.AUTO).build().reuseConnection())
                .isTrue();
    }

    @Test
    void existingMasterCannotBeRequiredWithoutASharedConnection() {
        Remote.Builder builder = Remote.builder("h").attach(AttachPolicy.REQUIRE_EXISTING);
        assertThat(builder.build().attach()).isEqualTo(AttachPolicy.REQUIRE_EXISTING);
        assertThatIllegalArgumentException()
                .isThrownBy(builder.transport(TransportKind.PLAIN)::build)
                .withMessageContaining("REQUIRE_EXISTING");
        assertThatIllegalArgumentException()
                .isThrownBy(builder.transport(TransportKind.AUTO).reuseConnection(false)::build)
                .withMessageContaining("REQUIRE_EXISTING");
    }

    @Test
    void badHostIsRefusedAtTheStart() {
        assertThatIllegalArgumentException().isThrownBy(() -> Remote.builder("-oProxyCommand=evil"));
    }

    @Test
    void namespaceIsHostPortAndHashOfTheAbsoluteConfigFile() {
        assertThat(Remote.builder("u@h").build().cacheNamespace()).isEqualTo("u@h##");
        assertThat(Remote.builder("u@h").port(2222).build().cacheNamespace()).isEqualTo("u@h#2222#");
        // printf /etc/ssh/ssh_config | openssl dgst -sha256 -binary | base64 | tr +/ -_ | tr -d =
        assertThat(Remote.builder("u@h")
                        .port(22)
                        .configFile(Path.of("/etc/ssh/ssh_config"))
                        .build()
                        .cacheNamespace())
                .isEqualTo("u@h#22#OHZsk1V8_1flvQwqdtSBu_MQ5DYZoaSzrwC7Jt8Ym4E");
    }

    @Test
    void relativeConfigFileCountsAsItsAbsolutePath() {
        Path relative = Path.of("some/config");
        assertThat(Remote.builder("h").configFile(relative).build().cacheNamespace())
                .isEqualTo(Remote.builder("h")
                        .configFile(relative.toAbsolutePath())
                        .build()
                        .cacheNamespace());
    }

    @Test
    void builderOfARemoteHoldsAllItsValues() {
        Remote remote = Remote.builder("u@h")
                .sshProgram("hpnssh")
                .extraOptions(List.of("-4"))
                .verbose(true)
                .configFile(Path.of("/f"))
                .cipher("c")
                .port(5)
                .connectTimeout(Duration.ofSeconds(3))
                .reuseConnection(false)
                .transport(TransportKind.PLAIN)
                .attach(AttachPolicy.ALWAYS_NEW)
                .killGrace(Duration.ZERO)
                .controlPersist(Duration.ofSeconds(4))
                .controlPersistMargin(Duration.ofSeconds(1))
                .socketDir(Path.of("/d"))
                .location(Remote.Location.SRC)
                .exitOnShutdown(true)
                .build();
        assertThat(remote.toBuilder().build()).usingRecursiveComparison().isEqualTo(remote);
        assertThat(remote.location()).hasToString("src");
        assertThat(Remote.Location.DST).hasToString("dst");
        assertThat(remote.reuseConnection()).isFalse();
        assertThat(remote.transport()).isEqualTo(TransportKind.PLAIN);
        assertThat(remote.attach()).isEqualTo(AttachPolicy.ALWAYS_NEW);
        assertThat(remote.killGrace()).isZero();
        assertThat(remote.exitOnShutdown()).isTrue();
        assertThat(remote.socketDir()).isEqualTo(Path.of("/d"));
        assertThat(Remote.local().toBuilder().build().isLocal()).isTrue();
    }

    @Test
    void remoteIsNotChangedThroughItsBuilderOrTheListGivenToIt() {
        List<String> options = new ArrayList<>(List.of("-4"));
        Remote.Builder builder = Remote.builder("h").extraOptions(options);
        Remote remote = builder.build();
        options.add("-6");
        builder.port(9).verbose(true);
        assertThat(remote.extraOptions()).containsExactly("-4");
        assertThat(remote.port()).isEmpty();
        assertThat(remote.verbose()).isFalse();
    }

    @Test
    void textIsHostAndPort() {
        assertThat(Remote.builder("u@h").build()).hasToString("u@h");
        assertThat(Remote.builder("u@h").port(22).build()).hasToString("u@h port 22");
    }
}
