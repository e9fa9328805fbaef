package io.muxpool.cli.fleet;

import io.muxpool.cli.Text;
import io.muxpool.fleet.NodeSet;
import io.muxpool.fleet.NodeSetException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The hosts of a run, each with the place that named it, so that what is wrong can be found and mended. */
public final class HostList {
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final boolean once;
    private final Map<String, String> placeOf = new LinkedHashMap<>();
    private final List<String> twice = new ArrayList<>();

    /** @param once whether a host that is named twice is meant once; else it is an error */
    public HostList(boolean once) {
        this.once = once;
    }

    /**
     * Adds the hosts of a node set.
     *
     * @param place that it stands in, for messages
     * @throws IllegalArgumentException when it is malformed, pointing at the character
     */
    public void add(String nodeSet, String place) {
        NodeSet set = parse(nodeSet, place);
        if (!once) {
            set.repeated().forEach(host -> twice.add(host + " (" + place + ")"));
        }
        for (String host : set.hosts()) {
            if (host.equals("-")) {
                throw new IllegalArgumentException(place + ": '-' is this machine, which is no host of a fleet");
            }
            String before = placeOf.putIfAbsent(host, place);
            if (before != null && !once) {
                twice.add(host + " (" + before + ", " + place + ")");
            }
        }
    }

    /** Takes hosts away; one that is not there is no error. */
    public void exclude(String nodeSet, String place) {
        parse(nodeSet, place).hosts().forEach(placeOf::remove);
    }

    private static NodeSet parse(String nodeSet, String place) {
        try {
            return NodeSet.parse(nodeSet);
        } catch (NodeSetException e) {
            throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
        }
    }

    /**
     * Adds the hosts of a file: a node set a line; what follows {@code #} is a comment.
     *
     * @param file {@code -} for standard input
     * @throws IllegalArgumentException when it cannot be read, or a line is malformed
     */
    public void addFile(String file) {
        String name = file.equals("-") ? "standard input" : Text.oneLine(file);
        try (InputStream in = file.equals("-") ? System.in : Files.newInputStream(Path.of(file));
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()))) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                // Also within the file, where several of them were joined.
                String bare = line.startsWith(BYTE_ORDER_MARK) ? line.substring(BYTE_ORDER_MARK.length()) : line;
                int comment = bare.indexOf('#');
                String text = comment < 0 ? bare : bare.substring(0, comment);
                if (!text.isBlank()) {
                    add(text.stripTrailing(), name + " line " + number);
                }
            }
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("there is no file of hosts at " + name, e);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(name + " is no UTF-8 text, so it is no file of hosts", e);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "the file of hosts " + name + " cannot be read: " + Text.oneLine(String.valueOf(e.getMessage())),
                    e);
        }
    }

    /**
     * Adds the hosts that an ssh configuration names and {@code pattern} matches, {@code *} and {@code ?} as in ssh.
     *
     * @param ssh the program, which is asked what belongs to the configuration
     */
    public void addConfig(String ssh, Path config, String pattern) {
        List<String> hosts = ConfigHosts.matching(ssh, config, pattern);
        if (hosts.isEmpty()) {
            throw new IllegalArgumentException("no Host of " + config + " matches " + Text.oneLine(pattern));
        }
        hosts.forEach(host -> add(host, config.toString()));
    }

    /**
     * All of them, in the order they were named.
     *
     * @throws IllegalArgumentException when there is none, or some are named twice
     */
    public List<String> hosts() {
        twice.removeIf(entry -> !placeOf.containsKey(entry.substring(0, entry.indexOf(' '))));
        if (!twice.isEmpty()) {
            int shown = Math.min(3, twice.size());
            throw new IllegalArgumentException("named twice: " + String.join(", ", twice.subList(0, shown))
                    + (twice.size() > shown ? " and " + (twice.size() - shown) + " more" : "")
                    + ". With --once each runs once");
        }
        if (placeOf.isEmpty()) {
            throw new IllegalArgumentException(
                    "no hosts: name them before the --, or with --hosts FILE or --config-hosts PATTERN");
        }
        return List.copyOf(placeOf.keySet());
    }
}
