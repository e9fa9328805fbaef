package io.muxpool.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class SshWarningsTest {
    @Test
    void linesThatWarnAreToldFromAllOthersOfALogin() throws IOException {
        try (SshLog log = SshLog.temporary()) {
            Files.writeString(log.path(), """
                    debug1: kex.c:kex_exchange_identification():1347 (pid=1): Local version string SSH-2.0-OpenSSH_9.2p1
                    ** WARNING: connection is not using a post-quantum key exchange algorithm.
                    ** This session may be vulnerable to "store now, decrypt later" attacks.
                    ** The server may need to be upgraded. See https://openssh.com/pq.html
                    Warning: Permanently added '127.0.0.1' (ED25519) to the list of known hosts.
                    Welcome to this machine, whose banner nobody needs.
                    @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
                    @         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
                    @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
                    Permissions 0644 for '/k' are too open.
                    It is required that your private key files are NOT accessible by others.
                    Load key "/k": bad permissions
                    Authenticated to 127.0.0.1 ([127.0.0.1]:22) using "publickey".
                    """);
            assertThat(log.warnings())
                    .containsExactly(
                            "** WARNING: connection is not using a post-quantum key exchange algorithm.",
                            "** This session may be vulnerable to \"store now, decrypt later\" attacks.",
                            "** The server may need to be upgraded. See https://openssh.com/pq.html",
                            "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @",
                            "Permissions 0644 for '/k' are too open.",
                            "Load key \"/k\": bad permissions");
        }
    }
}
