package io.muxpool.bench.peer;

import io.muxpool.TransportKind;
import io.muxpool.bench.result.Series.Kind;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The clients that there are. */
public enum Client {
    /** The native transport, as it comes. */
    MUXPOOL("muxpool", Kind.MUXPOOL, false),
    /** Without a channel opened ahead. */
    WITHOUT_SPARES("muxpool, no spares", Kind.VARIANT, false),
    /** The process transport. */
    OVER_SSH("muxpool over ssh -S", Kind.VARIANT, false),
    /** com.github.mwiede:jsch. */
    JSCH("jsch", Kind.PEER, true),
    /** com.hierynomus:sshj. */
    SSHJ("sshj", Kind.PEER, true),
    /** org.apache.sshd:sshd-core. */
    MINA("mina", Kind.PEER, true),
    /** A process for each command, on a warm master. */
    SSH_S("ssh -S", Kind.PEER, false),
    /** A process and a handshake for each command. */
    PLAIN_SSH("plain ssh", Kind.PEER, false),
    /** The messages of one command and nothing else. */
    BARE("bare channel", Kind.LIMIT, false);

    /** Those that keep a connection and carry several commands at once on it. */
    public static final List<Client> WITH_A_CONNECTION =
            List.of(MUXPOOL, WITHOUT_SPARES, OVER_SSH, JSCH, SSHJ, MINA, SSH_S);

    /** The Java clients, in alphabetical order. */
    public static final List<Client> JAVA_PEERS = List.of(JSCH, MINA, SSHJ);

    private final String title;
    private final Kind kind;
    private final boolean direct;

    Client(String title, Kind kind, boolean direct) {
        this.title = title;
        this.kind = kind;
        this.direct = direct;
    }

    /** As in the reports. */
    public String title() {
        return title;
    }

    /** What it is in a comparison. */
    public Kind kind() {
        return kind;
    }

    /** Whether it can connect there: some do not read ssh's configuration. */
    public boolean canReach(Destination destination) {
        return !direct || destination.direct() != null;
    }

    /**
     * Connects.
     *
     * @param sockets a directory for control sockets, short
     * @param sessions how many commands at once it is to carry on its connection
     */
    public Peer open(Destination destination, Path sockets, int sessions) throws Exception {
        Path own = sockets.resolve(name().toLowerCase(Locale.ROOT).substring(0, 3));
        return switch (this) {
            case MUXPOOL ->
                MuxpoolPeer.open(title, kind, destination, own, TransportKind.MUX, pool -> pool.capacity(sessions));
            case WITHOUT_SPARES ->
                MuxpoolPeer.open(
                        title,
                        kind,
                        destination,
                        own,
                        TransportKind.MUX,
                        pool -> pool.capacity(sessions).spares(0));
            case OVER_SSH ->
                MuxpoolPeer.open(title, kind, destination, own, TransportKind.PROCESS, pool -> pool.capacity(sessions));
            case JSCH -> new JschPeer(destination);
            case SSHJ -> new SshjPeer(destination);
            case MINA -> new MinaPeer(destination);
            case SSH_S -> SshPeer.onMaster(destination, own);
            case PLAIN_SSH -> SshPeer.plain(destination);
            case BARE -> BareChannel.on(destination, own);
        };
    }
}
