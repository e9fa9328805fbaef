package io.muxpool.copy;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Copies files between this machine and a pool's remote, over the pool's warm connections. Immutable and thread-safe:
 * copies may run side by side. It holds no resource; the pool stays the caller's.
 *
 * <p>A copy is written beside its target, under the target's name and {@code .part-} with a tag, and takes the target's
 * place by a rename when both sides have the same SHA-256: whoever looks at the target sees the old file or the whole new
 * one. When a copy fails the part stays, and the same copy goes on from it later: what is found there is compared with the
 * source by checksums, stretch by stretch, and only what is not the same travels. A part of a source that has changed since
 * is never looked at again, and can be removed.
 *
 * <p>A new file has the source's permission bits, less those that the umask of its side takes away. A file that is there
 * keeps its permission bits, and its group, access control list and extended attributes where that side allows it; what
 * is lost is among {@link Copied#notices}. One that its owner made read-only, or that belongs to another account, is not
 * replaced, unless root copies. The time of change is the source's, in whole seconds, where SFTP can express it (1970 to
 * 2106). A target that is a symbolic link is followed, a source that is one is named by the link. Files only. The data is
 * not forced to the disk: after a power cut at the target's side within moments of the copy the file may have to be copied
 * again.
 *
 * <p>Remote paths are relative to the login's home directory, or absolute; {@code ~} and {@code ~user} at their begin are
 * home directories, as in scp. Otherwise they are names, not patterns (see {@link #matches}), and nothing in them has a
 * meaning to a shell. They are UTF-8.
 *
 * <p>The checksum at the other side is made by {@code openssl}, {@code sha256sum}, {@code shasum} or {@code sha256}. Where
 * an account has SFTP only, sizes alone are compared, nothing is resumed, and {@link Copied#unverified} says so.
 */
public final class Copy {
    /** Channels at once unless asked otherwise: those of two connections, but one on each, which is for the checksum. */
    public static final int DEFAULT_STRIPES = 2 * (ConnectionPool.DEFAULT_CAPACITY - 1);

    private final ConnectionPool pool;
    private final Options options;

    record Options(int stripes, boolean resume, boolean verify, boolean inPlace, ProgressListener listener) {}

    private Copy(Builder builder) {
        pool = builder.pool;
        options = new Options(
                builder.stripes, builder.resume && !builder.inPlace, builder.verify, builder.inPlace, builder.listener);
    }

    /** Copies with every default. */
    public static Copy over(ConnectionPool pool) {
        return builder(pool).build();
    }

    /** Starts copies with options. */
    public static Builder builder(ConnectionPool pool) {
        return new Builder(pool);
    }

    /**
     * Copies a file to the remote. Blocks until it is there and checked, or the job ends.
     *
     * @param remote the target, or a directory to put it into
     * @throws CopyException not copied: a file cannot be read or written, or a connection was lost. The message says which,
     *     what is left where, and what to do
     * @throws io.muxpool.SshException no connection could be made; as {@link ConnectionPool#run} throws it
     * @throws io.muxpool.JobException the job ended first; what has arrived stays as a part
     * @throws IllegalArgumentException when {@code remote} cannot be a path
     */
    public Copied push(Path local, String remote, Job job) {
        return new Push(pool, options, job, local, Names.remote(remote)).run();
    }

    /**
     * Copies a file from the remote. Blocks until it is here and checked, or the job ends.
     *
     * @param local the target, or a directory to put it into
     * @throws RuntimeException as {@link #push} does
     */
    public Copied pull(String remote, Path local, Job job) {
        return new Pull(pool, options, job, Names.remote(remote), local).run();
    }

    /**
     * The remote files that a pattern stands for, as scp understands it: {@code *}, {@code ?} and {@code [...]} in any part
     * of the path, a backslash before a character that means itself, and no name that begins with a dot unless the pattern
     * does. A path that exists as it is written stands for itself, and so does one that is no pattern, or matches nothing.
     * Blocks until the server has answered, or the job ends.
     *
     * @return in alphabetical order, with what is no file behind the files; never empty
     * @throws RuntimeException as {@link #pull} does
     */
    public List<String> matches(String remote, Job job) {
        return Glob.expand(pool, Names.remote(remote), job);
    }

    /** Collects the options of copies. Not thread-safe. */
    public static final class Builder {
        private final ConnectionPool pool;
        private int stripes = DEFAULT_STRIPES;
        private boolean resume = true;
        private boolean verify = true;
        private boolean inPlace;
        private ProgressListener listener = (done, total) -> {};

        private Builder(ConnectionPool pool) {
            this.pool = Objects.requireNonNull(pool);
        }

        /**
         * The most channels that one file is striped over, 1 or more, default {@value #DEFAULT_STRIPES}. As many as that
         * are used only where a channel's window (2 MiB for each round trip) is the limit, and one connection's of them only
         * for a file of less than 56 MiB. More than the pool's capacity takes more connections, which stay warm, and so gets
         * past what one TCP connection may have under way.
         */
        public Builder stripes(int stripes) {
            if (stripes < 1) {
                throw new IllegalArgumentException("stripes must be at least 1: " + stripes);
            }
            this.stripes = stripes;
            return this;
        }

        /** Whether to go on from the part of an earlier try, and to leave one; default true. */
        public Builder resume(boolean resume) {
            this.resume = resume;
            return this;
        }

        /**
         * Whether both sides compute the whole file's SHA-256; default true. Sizes are compared anyway. A push of a large file
         * takes one session more for it, as long as the file is on its way.
         */
        public Builder verify(boolean verify) {
            this.verify = verify;
            return this;
        }

        /**
         * Whether to write into the target itself, as scp does, in place of a part that takes the target's place; default
         * false. For a target in a directory where nothing can be created or renamed, such as a file that is mounted by
         * itself or one of somebody else's in a directory with the sticky bit, and to keep the owner, the other names (hard
         * links) and everything else of the file that is there. Whoever reads it meanwhile sees it grow, a copy that fails
         * leaves a part of the file in the target, and nothing is gone on from.
         */
        public Builder inPlace(boolean inPlace) {
            this.inPlace = inPlace;
            return this;
        }

        /** Hears how far a copy is; none by default. */
        public Builder listener(ProgressListener listener) {
            this.listener = Objects.requireNonNull(listener);
            return this;
        }

        /** The copies. */
        public Copy build() {
            return new Copy(this);
        }
    }
}
