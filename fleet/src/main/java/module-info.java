/** One command on many hosts, over the warm connections of {@code io.muxpool}. */
module io.muxpool.fleet {
    requires transitive io.muxpool;
    requires static transitive org.jspecify;

    exports io.muxpool.fleet;
}
