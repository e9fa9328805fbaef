package io.muxpool.bench.peer;

import io.muxpool.bench.result.Series;
import java.nio.file.Path;

/** A client that copies files, over one warm connection. */
public interface Copier extends AutoCloseable {
    /** As in tables. */
    String name();

    /** Whose it is. */
    Series.Kind kind();

    /** Copies a file to an absolute path on the server. Blocks until it is there. */
    void push(Path local, String remote) throws Exception;

    /** Copies a file from an absolute path on the server. Blocks until it is here. */
    void pull(String remote, Path local) throws Exception;
}
