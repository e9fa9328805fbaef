package io.muxpool.internal.process;

import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.internal.turn.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What sessions need to know of the user's configuration, without asking {@code ssh -G} again: a process each time, and a
 * third of what a command on a warm host costs. Kept on a shelf for the process that comes next, for one host; and in this
 * JVM for all hosts, where their blocks of the configuration say nothing of sessions.
 *
 * <p>Neither is believed unless every file that it came from is as it was: see {@link ConfigSources}, {@link ConfigNote}.
 */
public final class KeptConfig {
    private static final int MOST_COMMON = 64;
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

    /** What is known of all hosts for which ssh is given the same words. */
    static final class Common {
        // While one asks, the others wait for the answer: most likely it is theirs.
        private final Turn asking = new Turn();

        volatile @Nullable String note;
        // Each host is to be asked for.
        private volatile boolean differing;

        static Common of(List<String> words, Path program) {
            if (COMMON.size() > MOST_COMMON) {
                // Somebody has a configuration for each host.
                COMMON.clear();
            }
            return COMMON.computeIfAbsent(ConfigNote.key(words, program), key -> new Common());
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
     * Reads it. How to reach the host, and the user's ControlPath, are not in it.
     *
     * @throws io.muxpool.JobException when the job ends first
     */
    public static SshConfig read(Remote remote, Shelf shelf, Job job) {
        Optional<Path> program = Programs.find(remote.sshProgram()).map(Path::toAbsolutePath);
        return program.isPresent()
                ? new KeptConfig(remote, shelf, program.get()).read(job)
                : SshConfig.read(remote, job);
    }

    private SshConfig read(Job job) {
        Optional<ConfigNote> own = shelf.kept().flatMap(kept -> ConfigNote.read(kept, wordsAndHost, program));
        if (own.isPresent()) {
            return believed(own.get());
        }
        Common common = Common.of(words, program);
        Optional<SshConfig> known = known(common);
        if (known.isPresent()) {
            return known.get();
        }
        if (common.differing) {
            return ask(common, job);
        }
        common.asking.take(job, "waiting for what ssh says of its configuration");
        try {
            return known(common).orElseGet(() -> ask(common, job));
        } finally {
            common.asking.end();
        }
    }

    private SshConfig believed(ConfigNote note) {
        SshVersion.heard(remote.sshProgram(), note.version());
        return SshConfig.ofSessions(note.text());
    }

    private Optional<SshConfig> known(Common common) {
        return Optional.ofNullable(common.note)
                .flatMap(note -> ConfigNote.read(note, words, program).map(read -> {
                    shelf.keep(ConfigNote.readdressed(note, wordsAndHost, program));
                    return believed(read);
                }));
    }

    private SshConfig ask(Common common, Job job) {
        long askedAtMillis = System.currentTimeMillis();
        SshConfig.Answer answer = SshConfig.ask(remote, job);
        Optional<ConfigSources> sources = answer.config().failure().isPresent()
                ? Optional.empty()
                : ConfigSources.of(words, program, answer.said());
        String version = answer.said().lines().findFirst().orElse("");
        Optional<String> note =
                sources.flatMap(all -> new ConfigNote(version, answer.config().sessionLines())
                        .write(wordsAndHost, program, all.files(), askedAtMillis));
        note.ifPresent(shelf::keep);
        // Where nothing can be kept, the others must not wait in line for it.
        common.differing = note.isEmpty() || !sources.orElseThrow().areSameForEveryHost();
        common.note = common.differing ? null : ConfigNote.readdressed(note.orElseThrow(), words, program);
        return answer.config();
    }
}
