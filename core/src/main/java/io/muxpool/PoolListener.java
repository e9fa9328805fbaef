package io.muxpool;

/**
 * Hears what happens in a pool: for metrics and logs. Called from any thread, of the caller's or of this library, without
 * any lock, and sometimes from the one that reads all connections: it must return at once and must not block. What it
 * throws is logged and otherwise ignored.
 */
@FunctionalInterface
public interface PoolListener {
    /** Something happened. */
    void on(PoolEvent event);
}
