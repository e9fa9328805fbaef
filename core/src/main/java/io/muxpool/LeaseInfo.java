package io.muxpool;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One lease as {@link Leases#list} saw it. Things may have changed since.
 *
 * @param remote {@code user@host}, with {@code :port} when one was given; {@code ?} when its file does not say
 * @param pool the pool's name
 * @param location {@code dst} or {@code src}
 * @param mode the kind of transport that its master serves
 * @param held whether a process holds the lease now
 * @param owner that process, as far as is known; empty for a free lease
 * @param masterPid the ssh master; empty when none answers
 * @param masterAge for how long the master has been running, where the system tells
 * @param socket the master's control socket
 */
public record LeaseInfo(
        String remote,
        String pool,
        String location,
        String mode,
        boolean held,
        OptionalLong owner,
        OptionalLong masterPid,
        Optional<Duration> masterAge,
        Path socket) {}
