package io.muxpool.testkit;

import java.nio.file.Path;

/** Writes the files that a client's {@code ssh -F} needs to trust one server and be trusted by it. */
final class ClientConfig {

    private ClientConfig() {}

    /**
     * Writes {@code <name>.config} and {@code <name>.known_hosts}.
     *
     * @param hostKey the public host key to expect, as {@code type base64}
     * @return the configuration file
     */
    static Path write(Path directory, String name, String user, int port, Path identity, String hostKey) {
        Path knownHosts = PrivateFiles.write(
                directory.resolve(name + ".known_hosts"), "[%s]:%d %s\n".formatted(Loopback.HOST, port, hostKey));
        return PrivateFiles.write(directory.resolve(name + ".config"), """
                Host %s
                    HostName %s
                    User %s
                    Port %d
                Host *
                    Port %d
                    IdentityFile "%s"
                    IdentitiesOnly yes
                    IdentityAgent none
                    UserKnownHostsFile "%s"
                    GlobalKnownHostsFile /dev/null
                    StrictHostKeyChecking yes
                    UpdateHostKeys no
                """.formatted(
                        SshEndpoint.ALIAS, Loopback.HOST, user, port, port, identity, knownHosts));
    }
}
