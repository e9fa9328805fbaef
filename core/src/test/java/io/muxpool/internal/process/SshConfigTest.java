package io.muxpool.internal.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import io.muxpool.Remote;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class SshConfigTest {
    /** What OpenSSH 9.2 printed, but for the lines about algorithms and files. */
    private static final String CAPTURED = """
            host box
            user alice
            hostname 10.1.2.3
            port 2222
            addressfamily any
            batchmode yes
            controlmaster auto
            forwardx11 no
            forwardx11trusted yes
            requesttty false
            sessiontype default
            stdinnull no
            tunnel point-to-point
            forwardx11timeout 1200
            controlpath /home/alice/.ssh/cm a-1afc0df7338d9f2f64e46a25f5cc0bf81c881629
            remotecommand tmux attach -t "a b"
            identityfile ~/.ssh/id_rsa
            identityfile ~/.ssh/id_ed25519
            sendenv FOO
            sendenv LC_?X
            setenv A=1
            setenv B=two  words\s
            setenv C=quo"te=yes
            setenv D=
            permitremoteopen any
            forwardagent $SSH_AUTH_SOCK
            tunneldevice any:any
            canonicalizePermittedcnames none
            """;

    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private final ShortTemp temp = ShortTemp.create();

    @AfterEach
    void cleanUp() {
        temp.close();
    }

    @Test
    void everyAccessorReadsItsLine() {
        SshConfig config = SshConfig.parse(CAPTURED);
        assertThat(config.failure()).isEmpty();
        assertThat(config.hostName()).isEqualTo("10.1.2.3");
        assertThat(config.port()).isEqualTo(2222);
        assertThat(config.user()).isEqualTo("alice");
        assertThat(config.controlPath())
                .contains(Path.of("/home/alice/.ssh/cm a-1afc0df7338d9f2f64e46a25f5cc0bf81c881629"));
        assertThat(config.remoteCommand()).contains("tmux attach -t \"a b\"");
        assertThat(config.sendEnv()).containsExactly("FOO", "LC_?X");
        assertThat(config.setEnv())
                .containsExactly(entry("A", "1"), entry("B", "two  words "), entry("C", "quo\"te=yes"), entry("D", ""));
        assertThat(config.forwardsAgent()).isTrue();
        assertThat(config.forwardsX11()).isFalse();
        assertThat(config.tunnels()).isTrue();
        assertThat(config.requestsTty(true)).isFalse();
    }

    @Test
    void whatIsNotSaidIsNotThere() {
        SshConfig config = SshConfig.parse("user u\nhostname h\nport 22\nremotecommand none\ncontrolpath none\n");
        assertThat(config.controlPath()).isEmpty();
        assertThat(config.remoteCommand()).isEmpty();
        assertThat(SshConfig.parse("hostname none\n").hostName()).isEqualTo("none");
        assertThat(config.sendEnv()).isEmpty();
        assertThat(config.environment(Map.of("LANG", "C"))).isEmpty();
        assertThat(config.forwardsAgent()).isFalse();
        assertThat(config.forwardsX11()).isFalse();
        assertThat(config.tunnels()).isFalse();
        assertThat(config.needsSshProgram()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "no, false, false",
        "false, false, false",
        "auto, false, false",
        "yes, true, false",
        "true, true, false",
        "force, true, true"
    })
    void terminalByConfigurationDependsOnWhetherThereIsOneHere(String value, boolean with, boolean without) {
        SshConfig config = SshConfig.parse("hostname h\nrequesttty " + value + "\n");
        assertThat(config.requestsTty(true)).isEqualTo(with);
        assertThat(config.requestsTty(false)).isEqualTo(without);
    }

    @ParameterizedTest
    @CsvSource({
        "FOO, FOO, true",
        "FOO, FOOD, false",
        "FOO, foo, false",
        "LC_*, LC_, true",
        "LC_*, LC_ALL, true",
        "LC_*, XLC_A, false",
        "A?C, ABC, true",
        "A?C, AC, false",
        "*, X, true",
        "*A*, BAB, true",
        "**, X, true",
        "A.C, ABC, false",
        "A\\E, A\\E, true",
        "-FOO, FOO, false",
        "'FOO,BAR', FOO, false"
    })
    void variablesAreChosenByStarAndQuestionMarkAlone(String pattern, String name, boolean chosen) {
        SshConfig config = SshConfig.parse("hostname h\nsendenv " + pattern + "\n");
        assertThat(config.environment(Map.of(name, "v")).containsKey(name)).isEqualTo(chosen);
    }

    @Test
    void setVariablesOverrideSentOnes() {
        Map<String, String> local = new LinkedHashMap<>();
        local.put("A", "local");
        local.put("LANG", "C.UTF-8");
        local.put("SECRET", "s");
        SshConfig config = SshConfig.parse("hostname h\nsendenv A\nsendenv LANG\nsetenv A=set\nsetenv B=b\n");
        assertThat(config.environment(local))
                .containsExactly(entry("A", "set"), entry("LANG", "C.UTF-8"), entry("B", "b"));
    }

    @ParameterizedTest
    @CsvSource({
        "forwardagent yes, agent",
        "forwardagent /run/agent, agent",
        "forwardx11 yes, X11",
        "forwardx11 no,",
        "forwardagent no,",
        "tunnel false,"
    })
    void forwardingsNeedTheSshProgram(String line, String reason) {
        SshConfig config = SshConfig.parse("hostname h\n" + line + "\n");
        if (reason == null) {
            assertThat(config.needsSshProgram(":0")).isEmpty();
        } else {
            assertThat(config.needsSshProgram(":0"))
                    .hasValueSatisfying(why -> assertThat(why).contains(reason));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "usage: ssh [options]\n"})
    void textThatIsNoConfigurationIsAFailure(String text) {
        assertThat(SshConfig.parse(text).failure()).isPresent();
    }

    @Test
    void configurationThatWasNotReadAnswersNothingAndNeedsTheSshProgram() {
        SshConfig config = SshConfig.parse("");
        assertThat(config.needsSshProgram())
                .hasValueSatisfying(why -> assertThat(why).contains("cannot be read"));
        assertThatIllegalStateException().isThrownBy(config::hostName);
        assertThatIllegalStateException().isThrownBy(config::controlPath);
        assertThatIllegalStateException().isThrownBy(() -> config.environment(Map.of()));
    }

    private Remote remote(String host, String... lines) throws IOException {
        Path file = Files.writeString(temp.resolve("config"), String.join("\n", lines) + "\n");
        return Remote.builder(host).configFile(file).build();
    }

    private static SshConfig read(Remote remote) {
        SshConfig config = SshConfig.read(remote, Job.create());
        assertThat(config.failure()).isEmpty();
        return config;
    }

    private static Remote with(Remote remote, String... options) {
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(Remote.DEFAULT_EXTRA_OPTIONS);
        return remote.toBuilder().extraOptions(words).build();
    }

    @Test
    void realSshAppliesHostMatchAndWildcards() throws IOException {
        String[] lines = {
            "Host web*.example !web9.example",
            "  HostName 10.0.0.7",
            "  Port 2200",
            "  SetEnv A=1 \"B=two words\" C='x \"y\" z' D=",
            "  SendEnv FOO BAR_* LANG",
            "  SendEnv -LANG",
            "Match user bob",
            "  ForwardAgent yes",
            "  RemoteCommand echo %h %%",
            "Match exec \"test 1 = 1\"",
            "  ControlPath ~/.ssh/cm-%r@%h:%p-${HOME}",
            "Host *",
            "  User carol",
            "  ForwardX11 yes"
        };
        SshConfig web = read(remote("web1.example", lines));
        assertThat(web.hostName()).isEqualTo("10.0.0.7");
        assertThat(web.port()).isEqualTo(2200);
        assertThat(web.user()).isEqualTo("carol");
        assertThat(web.setEnv())
                .containsExactly(entry("A", "1"), entry("B", "two words"), entry("C", "x \"y\" z"), entry("D", ""));
        assertThat(web.sendEnv()).containsExactly("FOO", "BAR_*");
        // ssh takes the home directory of ~ from the password file, not from HOME.
        assertThat(web.controlPath())
                .hasValueSatisfying(path -> assertThat(path.toString())
                        .startsWith("/")
                        .contains("/.ssh/cm-carol@10.0.0.7:2200-" + System.getenv("HOME"))
                        .doesNotContain("~"));
        assertThat(web.forwardsAgent()).isFalse();
        // No default of ours overrules it; where there is no display, nothing is forwarded.
        assertThat(web.forwardsX11()).isTrue();
        assertThat(web.needsSshProgram(null)).isEmpty();
        assertThat(web.needsSshProgram(":0")).isPresent();

        SshConfig bob = read(remote("bob@web9.example", lines));
        assertThat(bob.hostName()).isEqualTo("web9.example");
        assertThat(bob.port()).isEqualTo(22);
        assertThat(bob.user()).isEqualTo("bob");
        assertThat(bob.setEnv()).isEmpty();
        assertThat(bob.remoteCommand()).contains("echo web9.example %");
        assertThat(bob.needsSshProgram())
                .hasValueSatisfying(why -> assertThat(why).contains("ForwardAgent"));
    }

    @Test
    void realSshReflectsTheRemotesOwnOptions() throws IOException {
        Remote plain = remote("u@h", "Host *", "  ForwardX11 yes", "  RequestTTY force", "  ForwardAgent no");
        assertThat(read(plain).needsSshProgram(null)).isEmpty();
        assertThat(read(plain).requestsTty(false)).isTrue();
        assertThat(read(with(plain, "-A")).needsSshProgram()).isPresent();
        assertThat(read(with(plain, "-oForwardAgent=yes")).forwardsAgent()).isTrue();
        Remote bare = plain.toBuilder().extraOptions(List.of()).build();
        assertThat(read(bare).forwardsX11()).isTrue();
        assertThat(read(bare).requestsTty(false)).isTrue();
        assertThat(read(bare.toBuilder().extraOptions(List.of("-X")).build()).forwardsX11())
                .isTrue();
        Remote more = plain.toBuilder().port(77).verbose(true).build();
        assertThat(read(with(more, "-oControlPath=none", "-oTunnel=yes"))).satisfies(config -> {
            assertThat(config.port()).isEqualTo(77);
            assertThat(config.controlPath()).isEmpty();
            assertThat(config.tunnels()).isTrue();
            assertThat(config.user()).isEqualTo("u");
        });
    }

    @Test
    void whyRealSshCannotReadAConfigurationIsTheFailure() throws IOException {
        assertThat(SshConfig.read(remote("h", "NoSuchKeyword yes"), Job.create())
                        .failure())
                .hasValueSatisfying(why -> assertThat(why).contains("nosuchkeyword"));
        Remote missing = Remote.builder("h").configFile(temp.resolve("missing")).build();
        assertThat(SshConfig.read(missing, Job.create()).failure())
                .hasValueSatisfying(why -> assertThat(why).contains("No such file"));
        Remote noSsh = Remote.builder("h")
                .sshProgram(temp.resolve("no-ssh").toString())
                .build();
        assertThat(SshConfig.read(noSsh, Job.create()).failure())
                .hasValueSatisfying(why -> assertThat(why).contains("no-ssh"));
    }

    @Test
    void whatCannotBeReadTruthfullyIsAFailureToo() throws IOException {
        Remote lines = with(remote("h", ""), "-oSetEnv=A=x\nforwardagent no");
        assertThat(SshConfig.read(lines, Job.create()).failure())
                .hasValueSatisfying(why -> assertThat(why).contains("line break"));
        Remote remote = remote("h", "");
        Files.write(temp.resolve("config"), "SetEnv A=\u00ff\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(SshConfig.read(remote, Job.create()).failure())
                .hasValueSatisfying(why -> assertThat(why).contains("UTF-8"));
    }

    @Test
    void cancelledJobReadsNothing() {
        Job job = Job.create();
        job.cancel();
        assertThatThrownBy(() -> SshConfig.read(Remote.builder("h").build(), job))
                .isInstanceOf(JobCancelledException.class);
    }
}
