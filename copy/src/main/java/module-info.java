/** Copies files over pooled OpenSSH connections. Everything public is in {@code io.muxpool.copy}. */
module io.muxpool.copy {
    requires static transitive org.jspecify;
    requires transitive io.muxpool;
    requires com.hierynomus.sshj;
    requires org.slf4j;

    exports io.muxpool.copy;
}
