package io.muxpool.internal.process;

import io.muxpool.Job;
import io.muxpool.Remote;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The jump hosts of a host (ProxyJump), each as ssh resolves it when it connects: by an ssh of its own, which reads the
 * configuration for the jump host and gets nothing from the first one's command line but {@code -F} and what ProxyJump
 * itself says.
 *
 * @param configs nearest to the host first
 * @param files that the answers came from
 * @param areWhole whether the answers are the same for as long as all of the files are
 */
record JumpHosts(List<SshConfig> configs, Set<Path> files, boolean areWhole) {
    /** More are a loop, which ssh would follow until somebody ends it. */
    private static final int MOST = 8;

    /** One of them, from a text such as {@code user@host:port} or {@code ssh://user@[::1]:port}. */
    record Hop(@Nullable String user, String host, @Nullable String port) {
        static Hop parse(String text) {
            String rest = text.strip();
            rest = rest.startsWith("ssh://") ? rest.substring("ssh://".length()) : rest;
            int at = rest.lastIndexOf('@');
            String user = at < 0 ? null : rest.substring(0, at);
            rest = rest.substring(at + 1);
            int colon = rest.lastIndexOf(':');
            boolean bracketed = rest.startsWith("[") && rest.indexOf(']') > 0;
            boolean hasPort = bracketed ? colon > rest.indexOf(']') : colon >= 0 && colon == rest.indexOf(':');
            String port = hasPort ? rest.substring(colon + 1) : null;
            String host = hasPort ? rest.substring(0, colon) : rest;
            return new Hop(user, bracketed ? host.substring(1, host.indexOf(']')) : host, port);
        }
    }

    /** Asks ssh for each of them, one process each; empty when ssh cannot say. */
    static Optional<JumpHosts> of(Remote remote, SshConfig config, Path program, Job job) {
        List<SshConfig> configs = new ArrayList<>();
        Set<Path> files = new LinkedHashSet<>();
        boolean whole = true;
        String jumps = jumps(config);
        while (!jumps.isEmpty()) {
            int comma = jumps.lastIndexOf(',');
            Hop hop = Hop.parse(jumps.substring(comma + 1));
            List<String> words = words(remote, hop, comma < 0 ? "" : jumps.substring(0, comma));
            if (configs.size() == MOST || hop.host.isEmpty() || hop.host.startsWith("-")) {
                return Optional.empty();
            }
            SshConfig.Answer answer = SshConfig.ask(remote, words, hop.host, job);
            if (answer.config().failure().isPresent()) {
                return Optional.empty();
            }
            ConfigSources sources = ConfigSources.of(words, hop.host, program, answer.said());
            files.addAll(sources.files());
            whole &= sources.areWhole();
            configs.add(answer.config());
            jumps = jumps(answer.config());
        }
        return Optional.of(new JumpHosts(configs, files, whole));
    }

    private static String jumps(SshConfig config) {
        String text = config.values().getOrDefault("proxyjump", List.of("none")).get(0);
        return text.equals("none") ? "" : text;
    }

    private static List<String> words(Remote remote, Hop hop, String jumpsBefore) {
        List<String> words = new ArrayList<>(List.of(remote.sshProgram()));
        remote.configFile().ifPresent(file -> words.addAll(List.of("-F", file.toString())));
        if (hop.user != null) {
            words.addAll(List.of("-l", hop.user));
        }
        if (hop.port != null) {
            words.addAll(List.of("-p", hop.port));
        }
        if (!jumpsBefore.isEmpty()) {
            words.addAll(List.of("-J", jumpsBefore));
        }
        words.addAll(List.of("-v", "-G"));
        return words;
    }
}
