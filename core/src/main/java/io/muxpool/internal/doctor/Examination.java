package io.muxpool.internal.doctor;

import io.muxpool.AttachPolicy;
import io.muxpool.Command;
import io.muxpool.Finding;
import io.muxpool.Finding.Verdict;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.Remote;
import io.muxpool.SocketDirectoryException;
import io.muxpool.SshException;
import io.muxpool.TransportKind;
import io.muxpool.internal.lease.Lease;
import io.muxpool.internal.lease.LeaseCensus;
import io.muxpool.internal.lease.LeaseStore;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.master.PathUnusableException;
import io.muxpool.internal.process.Child;
import io.muxpool.internal.process.KeptConfig;
import io.muxpool.internal.process.Programs;
import io.muxpool.internal.process.SshLog;
import io.muxpool.internal.process.Subreaper;
import io.muxpool.internal.process.UserEnvironment;
import io.muxpool.internal.stream.StreamFailedException;
import io.muxpool.internal.transport.Ladder;
import io.muxpool.internal.transport.Link;
import io.muxpool.internal.transport.LinkOwner;
import io.muxpool.internal.transport.MuxTransport;
import io.muxpool.internal.transport.ProcessTransport;
import io.muxpool.internal.transport.SessionNotOpenedException;
import io.muxpool.internal.transport.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The steps of {@link io.muxpool.Doctor#examine}: each says what it found; after a problem the rest is skipped. */
public final class Examination {
    private static final int USUAL_MAX_SESSIONS = 10;

    // Nothing is run with them: the choice of the transport is all that is asked for.
    private static final MuxTransport.Options OPTIONS = new MuxTransport.Options(8, 1, Duration.ofSeconds(60), 1);

    private final Remote remote;
    private final Job job;
    private final Consumer<Finding> each;
    private final List<Finding> findings = new ArrayList<>();
    private Ladder.@Nullable Rung rung;
    private @Nullable LeaseStore leases;
    private @Nullable Lease lease;
    private boolean problem;

    private Examination(Remote remote, Job job, Consumer<Finding> each) {
        this.remote = remote;
        this.job = job;
        this.each = each;
    }

    /** Runs every step. */
    public static List<Finding> of(Remote remote, Job job, Consumer<Finding> each) {
        if (remote.isLocal()) {
            throw new IllegalArgumentException("the local mode uses no ssh: there is nothing to examine");
        }
        Examination examination = new Examination(remote, job, each);
        examination.step("ssh program", examination::program);
        examination.step("configuration", examination::configuration);
        examination.step("transport", examination::transport);
        if (Subreaper.isNeeded()) {
            examination.processOne();
        }
        if (remote.attach() == AttachPolicy.REQUIRE_EXISTING) {
            examination.asGuest();
        } else {
            try {
                examination.socketDirectory();
                examination.onThrowAwayMaster();
            } finally {
                examination.giveLeaseBack();
            }
        }
        return List.copyOf(examination.findings);
    }

    private interface Step {
        Finding look(String check) throws IOException;
    }

    private void step(String check, Step step) {
        if (problem) {
            add(new Finding(check, Verdict.SKIPPED, "not looked at, because of the problem above", ""));
            return;
        }
        try {
            add(step.look(check));
        } catch (SshException e) {
            add(new Finding(
                    check, Verdict.PROBLEM, String.valueOf(e.getMessage()), remedy(String.valueOf(e.getMessage()))));
        } catch (IOException e) {
            add(new Finding(check, Verdict.PROBLEM, e.toString(), "see whether the disk is full or read-only"));
        }
    }

    private void add(Finding finding) {
        problem |= finding.verdict() == Verdict.PROBLEM;
        findings.add(finding);
        each.accept(finding);
    }

    /**
     * Masters have no parent once they are in the background, nor has the proxy of an ssh that has ended: process 1 gets them,
     * and a JVM waits only for its own children.
     */
    private void processOne() {
        String init = "start the container with an init (docker run --init, or tini as its entry point)";
        boolean direct = rung != null && rung.transport() instanceof Transport.Direct;
        if (direct) {
            step(
                    "process 1",
                    check -> new Finding(
                            check,
                            Verdict.NOTE,
                            "this is process 1 of a container: each command through a ProxyCommand or a jump leaves a zombie until"
                                    + " the container ends",
                            init));
        } else if (Subreaper.missing().isPresent()) {
            step(
                    "process 1",
                    check -> new Finding(
                            check,
                            Verdict.NOTE,
                            "this is process 1 of a container, and nothing waits for ssh masters ("
                                    + Subreaper.missing().orElseThrow()
                                    + "): each one that ends stays a zombie until the container ends",
                            init + ", or install perl (Debian, Ubuntu: perl-base)"));
        }
    }

    private Finding program(String check) throws IOException {
        try {
            Programs.requireSsh(remote.sshProgram());
        } catch (NotStartedException e) {
            return new Finding(
                    check,
                    Verdict.PROBLEM,
                    "'" + remote.sshProgram() + "' is not there",
                    "install the OpenSSH client, or name another program with --ssh-program");
        }
        Child.Ended ended = run(List.of(remote.sshProgram(), "-V"));
        String version = text(ended.stderr().bytes()).strip();
        return new Finding(
                check,
                Verdict.OK,
                version + " at " + Programs.find(remote.sshProgram()).orElseThrow(),
                "");
    }

    private Finding configuration(String check) throws IOException {
        List<String> words = remote.sshOptions(null);
        words.add("-G");
        words.add(remote.userHost().orElseThrow());
        Child.Ended ended = run(words);
        if (ended.status() != 0) {
            return new Finding(
                    check,
                    Verdict.PROBLEM,
                    text(ended.stderr().bytes()).strip(),
                    "mend the configuration file or the option that the message names");
        }
        Map<String, String> resolved = text(ended.stdout().bytes())
                .lines()
                .map(line -> line.split(" ", 2))
                .filter(pair -> pair.length == 2)
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1], (first, later) -> first));
        String jump = resolved.containsKey("proxyjump") ? " through " + resolved.get("proxyjump") : "";
        String target = resolved.get("user") + "@" + resolved.get("hostname") + " port " + resolved.get("port") + jump;
        if (resolved.containsKey("remotecommand")) {
            return new Finding(
                    check,
                    Verdict.PROBLEM,
                    target + ", with RemoteCommand " + resolved.get("remotecommand"),
                    "ssh runs no other command where RemoteCommand is set: take it out, or set it to none for this use");
        }
        return new Finding(check, Verdict.OK, remote.userHost().orElseThrow() + " is " + target, "");
    }

    private Finding transport(String check) {
        Ladder.Rung chosen = new Ladder(remote, "doctor", OPTIONS, KeptConfig.Shelf.NONE).rung(job);
        rung = chosen;
        return new Finding(
                check,
                remote.transport() == TransportKind.AUTO && chosen.transport() instanceof Transport.Direct
                        ? Verdict.NOTE
                        : Verdict.OK,
                "commands go by " + chosen.transport().mode() + " (" + chosen.why() + ")",
                "");
    }

    private void socketDirectory() {
        String mode = rung == null ? "process" : rung.transport().mode();
        step("socket path", check -> ofSocketDirectory(check, () -> LeaseCensus.inspectPath(remote.socketDir(), mode)));
        step(
                "socket directory",
                check -> ofSocketDirectory(check, () -> {
                    String found = LeaseCensus.inspectDirectories(remote.socketDir());
                    if (rung == null || rung.transport() instanceof Transport.Direct) {
                        return found;
                    }
                    takeLease(mode);
                    return found + ", and a lease can be taken there";
                }));
    }

    /** As a command does, which finds out whatever is in the way of it: what is above, a full or read-only file system. */
    private void takeLease(String mode) {
        LeaseStore store =
                new LeaseStore(remote.socketDir(), mode, "doctor#" + UUID.randomUUID(), remote.controlPersist());
        leases = store;
        lease = store.acquireNew();
    }

    private void giveLeaseBack() {
        Lease taken = lease;
        if (taken != null) {
            try {
                taken.discard();
            } catch (SocketDirectoryException e) {
                add(new Finding("socket directory", Verdict.PROBLEM, String.valueOf(e.getMessage()), ""));
            }
        }
        LeaseStore store = leases;
        if (store != null) {
            store.removeDirectories();
        }
    }

    private static Finding ofSocketDirectory(String check, Supplier<String> inspection) {
        try {
            return new Finding(check, Verdict.OK, inspection.get(), "");
        } catch (SocketDirectoryException e) {
            // The message says what to do as well.
            String message = String.valueOf(e.getMessage());
            return new Finding(check, Verdict.PROBLEM, message.replaceFirst("^socket directory ", ""), "");
        }
    }

    /** On a master of the user's own: asked and used once, and not for more sessions than that. */
    private void asGuest() {
        Path socket = rung == null ? null : rung.guestAt();
        if (socket == null) {
            // Without a choice of transport, for a reason that was told, there is no master to look at.
            return;
        }
        ControlMaster master = ControlMaster.guest(remote, socket);
        step("connection", check -> existing(check, master));
        Link link = new ProcessTransport(remote).link(master, LinkOwner.NONE);
        step("multiplexing", check -> multiplexing(check, link));
        step("sessions", check -> new Finding(check, Verdict.SKIPPED, "not counted on a master that is your own", ""));
    }

    private Finding existing(String check, ControlMaster master) {
        try {
            long pid = master.ensure(job).pid();
            return new Finding(check, Verdict.OK, "your own master answers at " + master.socket() + ", pid " + pid, "");
        } catch (PathUnusableException e) {
            return new Finding(check, Verdict.PROBLEM, String.valueOf(e.getMessage()), "log in again");
        }
    }

    /** The three steps that connect share a master whose socket nobody else knows: where a command's would be. */
    private void onThrowAwayMaster() {
        Lease taken = lease;
        if (taken != null) {
            connect(taken.socket());
            return;
        }
        try {
            Path directory = Files.createTempDirectory("muxd");
            try {
                connect(directory.resolve("s"));
            } finally {
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            add(new Finding(
                    "connection", Verdict.PROBLEM, e.toString(), "a directory for temporary files must be writable"));
        }
    }

    private void connect(Path socket) {
        try {
            Remote effective = rung == null ? remote : rung.remote();
            Remote throwAway =
                    effective.toBuilder().controlPersist(Duration.ofSeconds(10)).build();
            ControlMaster master = new ControlMaster(throwAway, socket);
            step("connection", check -> connection(check, master));
            Link link = new ProcessTransport(throwAway).link(master, LinkOwner.NONE);
            step("multiplexing", check -> multiplexing(check, link));
            step("sessions", check -> sessions(check, link));
        } finally {
            ControlMaster.stop(socket);
            remove(socket);
            remove(SshLog.kept(socket));
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // Whoever opens the directory next clears it away.
            return;
        }
    }

    private Finding connection(String check, ControlMaster master) {
        long start = System.nanoTime();
        try {
            master.ensure(job);
            return new Finding(
                    check,
                    Verdict.OK,
                    "connected and logged in, in " + millis(start) + " ms without a warm master",
                    "");
        } catch (PathUnusableException e) {
            return new Finding(check, Verdict.PROBLEM, String.valueOf(e.getMessage()), "run this again");
        }
    }

    /** The commonest words of ssh and what they ask for. */
    private static String remedy(String message) {
        if (message.contains("Permission denied")) {
            return "the server took none of your keys: check the user, `ssh-add -l`, IdentityFile, and authorized_keys"
                    + " there; passwords cannot be asked for here";
        }
        if (message.contains("Host key verification failed")) {
            return "the host key is unknown or has changed: find out why, then log in once with ssh by hand to accept it";
        }
        if (message.contains("Could not resolve hostname")) {
            return "check the spelling, or give the alias a HostName in the ssh configuration";
        }
        if (message.contains("Connection refused")) {
            return "nothing listens there: check the port (-p, Port) and that sshd runs";
        }
        if (message.contains("timed out") || message.contains("No route to host")) {
            return "the host does not answer: check the network, firewall and ProxyJump";
        }
        return "run the command of the message by hand, with -v";
    }

    private Finding multiplexing(String check, Link link) {
        long start = System.nanoTime();
        try {
            Link.Ran ran = link.run(Command.of("echo", "muxpool"), job);
            String said = text(ran.stdout().bytes());
            if (said.equals("muxpool\n")) {
                return new Finding(
                        check, Verdict.OK, "a command on the warm connection took " + millis(start) + " ms", "");
            }
            return new Finding(
                    check,
                    Verdict.PROBLEM,
                    "`echo muxpool` ended with " + ran.exit() + " and wrote \"" + said.strip() + "\"",
                    "the account's shell or a forced command gets in the way, or a start file prints something");
        } catch (PathUnusableException e) {
            return new Finding(check, Verdict.PROBLEM, String.valueOf(e.getMessage()), "run this again");
        } catch (SessionNotOpenedException e) {
            return new Finding(
                    check,
                    Verdict.PROBLEM,
                    "the server opens no session on the connection: " + e.getMessage(),
                    "raise MaxSessions in its sshd_config, or use --no-reuse");
        }
    }

    private Finding sessions(String check, Link link) {
        SessionProbe.Result result = SessionProbe.count(link, job);
        if (result.sessions() == 0) {
            return new Finding(
                    check,
                    Verdict.NOTE,
                    "not one session stayed open for the probe, though a command ran before: " + result.why(),
                    "see what the server's log says of it; a pool takes what it is given, one command at a time if need be");
        }
        int capacity = Math.min(8, result.sessions());
        String found = result.limited()
                ? "the server allows " + result.sessions() + " sessions on one connection"
                : "the server allows " + result.sessions() + " sessions on one connection or more";
        if (result.sessions() >= USUAL_MAX_SESSIONS) {
            return new Finding(check, Verdict.OK, found, "");
        }
        return new Finding(
                check,
                Verdict.NOTE,
                found,
                "use --capacity " + capacity + " (pools find out by themselves, once), or raise MaxSessions there");
    }

    private Child.Ended run(List<String> words) throws IOException {
        try {
            return Child.run(
                    UserEnvironment.builder(words), Command.of("ssh"), job, "examining", Child.Role.PREPARATION);
        } catch (StreamFailedException e) {
            throw new IOException(e);
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static long millis(long start) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }
}
