package io.muxpool.bench.peer;

import io.muxpool.bench.result.Series;
import java.util.List;

/**
 * A client with one warm connection, set up as its own documentation recommends. Thread-safe unless it says otherwise.
 */
public interface Peer extends AutoCloseable {
    /** As in the reports. */
    String name();

    /** What it is in a comparison. */
    Series.Kind kind();

    /** Runs a command and gives its standard output, when its exit status was 0. */
    byte[] run(String line) throws Exception;

    /** Runs a command and counts the bytes of its standard output. */
    long download(String line) throws Exception;

    /** Runs a command with so many zero bytes of input, and gives its standard output. */
    byte[] upload(String line, long bytes) throws Exception;

    /** The ssh masters that work for it: processes that live as long as it does. */
    default List<Long> masters() {
        return List.of();
    }

    @Override
    void close() throws Exception;
}
