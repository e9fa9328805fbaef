package io.muxpool.copy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A copy that is complete and in its place.
 *
 * @param target the absolute path of the copy, links resolved
 * @param bytes its size
 * @param resumed of them, bytes that an earlier try had left and that were found right: they did not travel again
 * @param elapsed connecting and checking included
 * @param channels how many channels carried bytes
 * @param sha256 in hexadecimal digits, when both sides have computed it and it is the same; empty when only the sizes were
 *     compared
 * @param unverified why there is no {@code sha256}, as a clause; empty when there is one
 * @param notices what else its user should know, a sentence each: what of the old target is lost, what the server refused
 *     to set, that the source grew meanwhile; mostly empty
 */
public record Copied(
        String target,
        long bytes,
        long resumed,
        Duration elapsed,
        int channels,
        Optional<String> sha256,
        String unverified,
        List<String> notices) {
    /** Keeps a copy of the notices. */
    public Copied {
        notices = List.copyOf(notices);
    }
}
