package io.muxpool.copy;

import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Permissions as SFTP and as Java have them. Java's are in the order of their bits, the highest first. */
final class Modes {
    private static final int HIGHEST = 0400;

    private Modes() {}

    static int bits(Set<PosixFilePermission> permissions) {
        int bits = 0;
        int bit = HIGHEST;
        for (PosixFilePermission permission : PosixFilePermission.values()) {
            bits |= permissions.contains(permission) ? bit : 0;
            bit >>= 1;
        }
        return bits;
    }

    static Set<PosixFilePermission> permissions(int bits) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        int bit = HIGHEST;
        for (PosixFilePermission permission : PosixFilePermission.values()) {
            if ((bits & bit) != 0) {
                permissions.add(permission);
            }
            bit >>= 1;
        }
        return permissions;
    }
}
