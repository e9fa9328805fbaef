package io.muxpool.stress;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import io.muxpool.testkit.TcpProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** What the chaos happens on: an sshd, a proxy before it, a small disk for the sockets, and the journal. */
final class Ground implements AutoCloseable {
    /** Of the disk: enough for the sockets and notes of all crews, and soon full. */
    private static final String SIZE = "256k";

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server;
    private final TcpProxy proxy;
    private final Path disk = temp.resolve("d");
    private final boolean mounted;

    Ground() throws IOException, InterruptedException {
        // Not root: sshd up to 9.7 kills nothing for root, and so nothing would ever be confirmed dead.
        server = OpenSshServer.builder()
                .asOrdinaryUser()
                .option("MaxSessions", "10")
                .start();
        proxy = TcpProxy.to(server.port());
        Files.createDirectory(disk, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        mounted = ends("mount", "-t", "tmpfs", "-o", "size=" + SIZE + ",mode=0700", "tmpfs", disk.toString());
        Files.createDirectory(witnesses());
    }

    /** Whether the program is there, and ends well. */
    private static boolean ends(String... words) throws InterruptedException {
        try {
            return new ProcessBuilder(words)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    OpenSshServer server() {
        return server;
    }

    TcpProxy proxy() {
        return proxy;
    }

    /** Whether the sockets are on a disk of their own, which may be filled. That takes the right to mount one. */
    boolean hasDisk() {
        return mounted;
    }

    Path disk() {
        return disk;
    }

    /** How many files of leases there are, held or not. */
    int leases() throws IOException {
        try (Stream<Path> files = Files.walk(disk)) {
            return (int) files.filter(file -> file.toString().matches(".*/(free|used)/[^/]+"))
                    .count();
        }
    }

    Path witnesses() {
        return temp.resolve("w");
    }

    private Path journal() {
        return server.home().resolve("journal");
    }

    /** For a crew whose deeds begin with that number. */
    Crew.Errand errand(long first, int threads) {
        return new Crew.Errand(
                server.clientConfigForPort(proxy.port()),
                SshEndpoint.ALIAS,
                disk.resolve("s"),
                journal(),
                witnesses().resolve("from" + first),
                first,
                threads);
    }

    /** The ssh masters of all crews. */
    List<Long> masters() {
        return LeakCheck.masters(disk);
    }

    /** Tells one of them to end, by its own protocol. False when there is none, or it does not hear. */
    boolean terminateOne(Random random) throws IOException, InterruptedException {
        List<Path> sockets;
        try (Stream<Path> files = Files.walk(disk)) {
            sockets = files.filter(file -> file.toString().matches(".*/c/s[^./]+"))
                    .toList();
        }
        return !sockets.isEmpty()
                && ends(
                        "timeout",
                        "5",
                        Ssh.program(),
                        "-F",
                        "none",
                        "-O",
                        "exit",
                        "-S",
                        sockets.get(random.nextInt(sockets.size())).toString(),
                        "any");
    }

    /**
     * The ssh processes that nobody is left to look after, when all crews have ended: clients of masters, and masters without
     * a lease beyond those that were given up because they hung. A crew that was killed leaves clients until their commands end.
     *
     * @param hung how many masters were stopped for a while
     */
    List<String> strays(int hung) throws IOException {
        List<String> strays = new ArrayList<>();
        long self = ProcessHandle.current().pid();
        LeakCheck.passengersAfter(Duration.ofSeconds(20), disk).stream()
                // One whose crew was killed may wait on a dead connection for as long as its master does.
                .filter(pid -> ProcessHandle.of(pid)
                        .flatMap(ProcessHandle::parent)
                        .filter(parent -> parent.pid() == self)
                        .isPresent())
                .forEach(pid -> strays.add("still there: " + pid + " " + Processes.commandLine(pid)));
        int masters = masters().size();
        if (masters > leases() + hung) {
            strays.add(masters + " masters, " + leases() + " leases, and " + hung + " were stopped");
        }
        return strays;
    }

    /** How often each number is in the journal, when nothing can write to it any more. */
    Map<Long, Integer> journalAtRest() throws IOException {
        LeakCheck.endMasters(disk);
        server.killConnections();
        // Orphans of connections that were killed before. The longest deed takes 6 s.
        if (!Processes.awaitNoneWithArgument(journal().toString(), Duration.ofSeconds(30))) {
            throw new IllegalStateException(
                    "commands still run: " + Processes.withArgument(journal().toString()));
        }
        Map<Long, Integer> lines = new HashMap<>();
        if (Files.exists(journal())) {
            Files.readAllLines(journal()).forEach(line -> lines.merge(Long.parseLong(line), 1, Integer::sum));
        }
        return lines;
    }

    @Override
    public void close() throws InterruptedException {
        LeakCheck.endMasters(disk);
        proxy.close();
        server.close();
        if (mounted && !ends("umount", disk.toString())) {
            throw new IllegalStateException("cannot unmount " + disk);
        }
        temp.close();
    }
}
