package io.muxpool.bench.peer;

import io.muxpool.testkit.Ssh;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A ControlMaster started by hand, and gone when closed. */
final class SshMaster implements AutoCloseable {
    private static final Set<SshMaster> STARTED = ConcurrentHashMap.newKeySet();

    static {
        // A master left our process group: a ^C does not reach it.
        Runtime.getRuntime().addShutdownHook(new Thread(SshMaster::closeAll, "ssh-masters"));
    }

    private static final Pattern PID = Pattern.compile("pid=([0-9]+)");

    private final Destination destination;
    private final Path socket;
    private final long pid;

    private SshMaster(Destination destination, Path socket) throws Exception {
        this.destination = destination;
        this.socket = socket;
        Process check = control("check").redirectErrorStream(true).start();
        Matcher answer = PID.matcher(new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        if (check.waitFor() != 0 || !answer.find()) {
            close();
            throw new IOException("the ssh master at " + socket + " does not answer");
        }
        pid = Long.parseLong(answer.group(1));
    }

    private static void closeAll() {
        for (SshMaster master : STARTED) {
            try {
                master.close();
            } catch (Exception e) {
                // The JVM ends; the master does, too, when its time is over.
            }
        }
    }

    static SshMaster start(Destination destination, Path socket) throws Exception {
        int status = new ProcessBuilder(destination.ssh(
                        Ssh.program(), List.of("-M", "-N", "-f", "-S", socket.toString(), "-oControlPersist=600")))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("ssh cannot connect to " + destination.name() + ": try `ssh " + destination.name()
                    + " true` for the reason");
        }
        SshMaster master = new SshMaster(destination, socket);
        STARTED.add(master);
        return master;
    }

    private ProcessBuilder control(String word) {
        return new ProcessBuilder(destination.ssh(Ssh.program(), List.of("-S", socket.toString(), "-O", word)));
    }

    Path socket() {
        return socket;
    }

    long pid() {
        return pid;
    }

    @Override
    public void close() throws Exception {
        STARTED.remove(this);
        control("exit")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
