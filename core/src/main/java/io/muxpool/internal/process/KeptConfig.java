package io.muxpool.internal.process;

import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.internal.turn.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What pools need to know of the user's configuration, without asking {@code ssh -G} again: a process each time, and a
 * third of what a command on a warm host costs. Kept on a shelf for the process that comes next, for one host; and in this
 * JVM for all hosts for which the same Host lines of the configuration match.
 *
 * <p>Neither is believed unless every file that it came from is as it was: see {@link ConfigSources}, {@link ConfigNote}.
 */
public final class KeptConfig {
    private static final int MOST_COMMON = 64;

    /** Of others, addresses above all, ssh may make something of its own. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]*[A-Za-z_-][A-Za-z0-9._-]*");

    private static final Map<String, Common> COMMON = new ConcurrentHashMap<>();

    private final Remote remote;
    private final Shelf shelf;
    private final Path program;
    private final List<String> words;
    private final List<String> wordsAndHost;

    /** Where a note may be kept for other processes. It may forget. */
    public interface Shelf {
        /** Forgets at once. */
        Shelf NONE = new Shelf() {
            @Override
            public Optional<String> kept() {
                return Optional.empty();
            }

            @Override
            public void keep(String note) {}
        };

        /** What was kept last, if it is there. */
        Optional<String> kept();

        /** Keeps this instead. */
        void keep(String note);
    }

    /**
     * What the configuration says for a remote.
     *
     * @param config what sessions need to know, or why it could not be read
     * @param identity where its connections lead; null where that cannot be told
     * @param said keywords of which the configuration says something, so that a default of ours must yield
     * @param servers the host and its jump hosts, the nearest first, each as its resolved name and port; empty where they
     *     cannot be told
     */
    public record Resolved(SshConfig config, @Nullable Identity identity, Set<String> said, List<String> servers) {
        /** A name for where connections lead now and as whom; empty where that cannot be told. Looks at files. */
        public Optional<String> identityNow() {
            return Optional.ofNullable(identity).map(Identity::now);
        }
    }

    /** What is known of all hosts for which ssh is given the same words. */
    static final class Common {
        // While one asks, the others wait for the answer: most likely it is theirs.
        private final Turn asking = new Turn();

        volatile @Nullable Known known;
        // Each host is to be asked for.
        private volatile boolean differing;

        static Common of(List<String> words, String user, Path program) {
            if (COMMON.size() > MOST_COMMON) {
                // Somebody has a configuration for each host.
                COMMON.clear();
            }
            return COMMON.computeIfAbsent(user + "\0" + ConfigNote.key(words, program), key -> new Common());
        }
    }

    /** The Host lines of a configuration, and an answer for each combination of them that matched. */
    static final class Known {
        final List<String> hostLines;
        final Map<String, Sample> samples = new ConcurrentHashMap<>();
        private final Map<String, Turn> asking = new ConcurrentHashMap<>();

        Known(List<String> hostLines) {
            this.hostLines = hostLines;
        }

        String signature(String host) {
            return HostPatterns.signature(hostLines, host);
        }

        @Nullable Sample sample(String host) {
            return samples.get(signature(host));
        }
    }

    /**
     * The answer for one host, which is that for others, too.
     *
     * @param note with the stamps of the files it came from
     * @param hops the host's configuration, and those of its jump hosts
     * @param isAlsoHostName whether the name to connect to is the host's own
     */
    record Sample(String note, List<SshConfig> hops, List<String> configurations, boolean isAlsoHostName) {
        Identity identity(String host) {
            return Identity.of(hopsTo(host), configurations);
        }

        List<String> servers(String host) {
            return SshConfig.servers(hopsTo(host));
        }

        private List<SshConfig> hopsTo(String host) {
            List<SshConfig> others = new ArrayList<>(hops);
            others.set(0, others.get(0).ofAnotherHost(host, isAlsoHostName));
            return others;
        }
    }

    private KeptConfig(Remote remote, Shelf shelf, Path program) {
        this.remote = remote;
        this.shelf = shelf;
        this.program = program;
        this.words = SshConfig.words(remote);
        this.wordsAndHost = new ArrayList<>(words);
        wordsAndHost.add(remote.userHost().orElseThrow());
    }

    /**
     * Reads it. The user's ControlPath is not in it.
     *
     * @throws io.muxpool.JobException when the job ends first
     */
    public static Resolved read(Remote remote, Shelf shelf, Job job) {
        Optional<Path> program = Programs.find(remote.sshProgram()).map(Path::toAbsolutePath);
        return program.isPresent()
                ? new KeptConfig(remote, shelf, program.get()).read(job)
                : new Resolved(SshConfig.read(remote, job), null, Set.of(), List.of());
    }

    private Resolved read(Job job) {
        Optional<ConfigNote> own = shelf.kept().flatMap(kept -> ConfigNote.read(kept, wordsAndHost, program));
        if (own.isPresent()) {
            return believed(own.get());
        }
        Common common = Common.of(words, user(), program);
        Optional<Resolved> known = known(common);
        if (known.isPresent()) {
            return known.get();
        }
        if (common.differing) {
            return ask(common, job);
        }
        Known lines = common.known;
        Turn asking = lines == null || lines.asking.size() > MOST_COMMON
                ? common.asking
                : lines.asking.computeIfAbsent(lines.signature(host()), signature -> new Turn());
        asking.take(job, "waiting for what ssh says of its configuration");
        try {
            return known(common).orElseGet(() -> ask(common, job));
        } finally {
            asking.end();
        }
    }

    private String host() {
        String userHost = remote.userHost().orElseThrow();
        return userHost.substring(userHost.lastIndexOf('@') + 1);
    }

    private String user() {
        String userHost = remote.userHost().orElseThrow();
        return userHost.substring(0, userHost.lastIndexOf('@') + 1);
    }

    private Resolved believed(ConfigNote note) {
        SshVersion.heard(remote.sshProgram(), note.version());
        return new Resolved(SshConfig.ofSessions(note.text()), note.identity(), note.said(), note.servers());
    }

    private Optional<Resolved> known(Common common) {
        Known lines = common.known;
        String host = host();
        Sample sample = lines != null && NAME.matcher(host).matches() ? lines.sample(host) : null;
        if (sample == null) {
            return Optional.empty();
        }
        return ConfigNote.read(sample.note, words, program).map(read -> {
            ConfigNote note = new ConfigNote(
                    read.version(), read.said(), sample.identity(host), sample.servers(host), read.text());
            shelf.keep(note.withStampsOf(sample.note, wordsAndHost, program));
            return believed(note);
        });
    }

    private Resolved ask(Common common, Job job) {
        long askedAtMillis = System.currentTimeMillis();
        SshConfig.Answer answer = SshConfig.ask(remote, job);
        SshConfig config = answer.config();
        if (config.failure().isPresent()) {
            common.differing = true;
            // Whatever may be configured, none of our defaults overrules it.
            return new Resolved(config, null, ConfigSources.YIELDED_TO, List.of());
        }
        ConfigSources sources = ConfigSources.of(words, host(), program, answer.said());
        Set<String> said = sources.said(config);
        Optional<JumpHosts> jumps = JumpHosts.of(remote, config, program, job);
        if (jumps.isEmpty()) {
            common.differing = true;
            return new Resolved(config, null, said, SshConfig.servers(List.of(config)));
        }
        List<SshConfig> hops = new ArrayList<>(List.of(config));
        hops.addAll(jumps.get().configs());
        Identity identity = Identity.of(hops, sources.configurations());
        String version = answer.said().lines().findFirst().orElse("");
        List<String> servers = SshConfig.servers(hops);
        ConfigNote note = new ConfigNote(version, said, identity, servers, config.sessionLines());
        Set<Path> files = new LinkedHashSet<>(sources.files());
        files.addAll(jumps.get().files());
        Optional<String> written = sources.areWhole() && jumps.get().areWhole()
                ? note.write(wordsAndHost, program, files, askedAtMillis)
                : Optional.empty();
        written.ifPresent(shelf::keep);
        Optional<Sample> sample = written.filter(text -> sources.areAlike()).flatMap(text -> {
            boolean own = config.hostName().equals(host().toLowerCase(Locale.ROOT));
            // Configured as the host's own name: whether another host's would be its own nobody can tell.
            return own && sources.nameHost()
                    ? Optional.empty()
                    : Optional.of(
                            new Sample(note.withStampsOf(text, words, program), hops, sources.configurations(), own));
        });
        // Where nothing can be kept, the others must not wait in line for it.
        common.differing = sample.isEmpty();
        sample.ifPresent(one -> keep(common, sources.hostLines(), one));
        return new Resolved(config, identity, said, servers);
    }

    private void keep(Common common, List<String> hostLines, Sample sample) {
        Known lines = common.known;
        if (lines == null || !lines.hostLines.equals(hostLines) || lines.samples.size() > MOST_COMMON) {
            lines = new Known(hostLines);
            common.known = lines;
        }
        lines.samples.put(lines.signature(host()), sample);
    }
}
