package io.muxpool.bench.fleet;

import io.muxpool.testkit.EmbeddedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** As many hosts as wanted: names that an ssh configuration leads to ten embedded servers, by their last digit. */
final class Town implements AutoCloseable {
    private static final int SERVERS = 10;

    private final List<EmbeddedServer> servers = new ArrayList<>();
    private final int hosts;

    Town(int hosts) {
        this.hosts = hosts;
        for (int i = 0; i < SERVERS; i++) {
            servers.add(EmbeddedServer.startWithBuiltins());
        }
    }

    List<String> hosts() {
        return IntStream.range(0, hosts)
                .mapToObj(i -> String.format(Locale.ROOT, "h%04d", i))
                .toList();
    }

    /**
     * Writes an ssh configuration.
     *
     * @param extra lines for every host
     */
    Path config(Path file, String extra) throws IOException {
        StringBuilder text = new StringBuilder("Host *\n").append(extra);
        for (int i = 0; i < SERVERS; i++) {
            // Each server's own file names its keys, for any host.
            String own = Files.readString(servers.get(i).clientConfig());
            text.append("Host h*")
                    .append(i)
                    .append("\n    HostName ")
                    .append(servers.get(i).host());
            text.append("\n    User ").append(servers.get(i).user()).append('\n');
            text.append(own.substring(own.indexOf("Host *\n") + "Host *\n".length()));
        }
        return Files.writeString(file, text);
    }

    @Override
    public void close() {
        servers.forEach(EmbeddedServer::close);
    }
}
