package io.muxpool.bench.peer;

import io.muxpool.bench.result.Series;
import io.muxpool.testkit.Ssh;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code scp} over a warm master. */
public final class ScpCopier implements Copier {
    private final Destination destination;
    private final SshMaster master;

    private ScpCopier(Destination destination, SshMaster master) {
        this.destination = destination;
        this.master = master;
    }

    /** Starts a master of its own; its socket is in the directory. */
    public static ScpCopier open(Destination destination, Path sockets) throws Exception {
        return new ScpCopier(destination, SshMaster.start(destination, sockets.resolve("scp")));
    }

    @Override
    public String name() {
        return "scp";
    }

    @Override
    public Series.Kind kind() {
        return Series.Kind.PEER;
    }

    @Override
    public void push(Path local, String remote) throws Exception {
        scp(local.toString(), destination.name() + ":" + remote);
    }

    @Override
    public void pull(String remote, Path local) throws Exception {
        scp(destination.name() + ":" + remote, local.toString());
    }

    private void scp(String from, String to) throws Exception {
        List<String> words = new ArrayList<>(List.of("scp", "-q", "-B", "-p", "-S", Ssh.program()));
        if (destination.config() != null) {
            words.addAll(List.of("-F", destination.config().toString()));
        }
        words.addAll(List.of("-o", "ControlPath=" + master.socket(), "--", from, to));
        Process scp = new ProcessBuilder(words).redirectErrorStream(true).start();
        scp.getOutputStream().close();
        String said = new String(scp.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (scp.waitFor() != 0) {
            throw new IOException("scp failed: " + said);
        }
    }

    @Override
    public void close() throws Exception {
        master.close();
    }
}
