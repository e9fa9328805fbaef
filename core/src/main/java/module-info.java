/** Runs commands over pooled, leased OpenSSH connections. Everything public is in {@code io.muxpool}. */
module io.muxpool {
    requires static transitive org.jspecify;
    requires static jdk.jfr;
    requires jdk.net;

    exports io.muxpool;
}
