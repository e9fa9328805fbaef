package io.muxpool.fleet;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Names of hosts, written short: {@code web[01-99].example.com}. Immutable.
 *
 * <pre>
 *   web1,web2 db1               several, by commas or white space
 *   web[1-3,7]                  web1 web2 web3 web7
 *   web[08-11]                  web08 web09 web10 web11
 *   web[1-9/4]                  web1 web5 web9
 *   r[1-2]n[1-2]                r1n1 r1n2 r2n1 r2n2
 *   deploy@web[1-9],!deploy@web3    without that one
 *   web[1-3]:2222  [2001:db8::1]:22  ssh://deploy@web4:2222    with ports, see {@link HostAddress}
 * </pre>
 */
public final class NodeSet {
    private final Set<String> hosts;
    private final List<String> repeated;

    private NodeSet(Set<String> hosts, Collection<String> repeated) {
        this.hosts = hosts;
        this.repeated = List.copyOf(repeated);
    }

    /**
     * Reads a node set. One that names a host twice holds it once, and says so: see {@link #repeated()}.
     *
     * @throws NodeSetException pointing at the character that is wrong
     */
    public static NodeSet parse(String text) {
        NodeSetParser parser = new NodeSetParser(text);
        Set<String> hosts = parser.parse();
        Set<String> repeated = parser.repeated();
        repeated.retainAll(hosts);
        return new NodeSet(hosts, repeated);
    }

    /** A set of these hosts. */
    public static NodeSet of(Collection<String> hosts) {
        return new NodeSet(new LinkedHashSet<>(hosts), List.of());
    }

    /** The hosts of it that its text names more than once: most likely a slip. */
    public List<String> repeated() {
        return repeated;
    }

    /** The hosts, in the order they were named. */
    public List<String> hosts() {
        return List.copyOf(hosts);
    }

    /** How many hosts it has. */
    public int size() {
        return hosts.size();
    }

    /** Written short: what {@link #parse} makes the same hosts of, in the order of their names and numbers. */
    @Override
    public String toString() {
        return NodeSetFolder.fold(hosts);
    }
}
