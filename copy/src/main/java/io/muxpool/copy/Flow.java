package io.muxpool.copy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import net.schmizz.sshj.sftp.PacketType;
import net.schmizz.sshj.sftp.Request;
import net.schmizz.sshj.sftp.Response;

/**
 * Which way the bytes of a lane go. What fails on this side is an {@link UncheckedIOException}, what fails on the other an
 * {@link IOException}.
 */
sealed interface Flow {
    /** The server's, for each channel; ours starts as large. */
    int WINDOW = 2 * 1024 * 1024;

    /** The request that moves a stretch of the file. */
    Request request(Sftp sftp, byte[] handle, long offset, int length);

    /** Takes its answer; returns how many bytes have moved, less than were asked for where the server gave less. */
    int landed(Response response, long offset, int length) throws IOException;

    /** How many bytes each of so many lanes has under way at most. */
    int flying(int lanes);

    /** Whether lanes had better not begin all at once. */
    boolean isStaggered();

    /** From this side. */
    record Up(FileChannel source) implements Flow {
        /** A window of the server's. */
        @Override
        public int flying(int lanes) {
            return WINDOW;
        }

        @Override
        public boolean isStaggered() {
            return false;
        }

        @Override
        public Request request(Sftp sftp, byte[] handle, long offset, int length) {
            byte[] bytes = new byte[length];
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            try {
                while (buffer.hasRemaining()) {
                    if (source.read(buffer, offset + buffer.position()) < 0) {
                        throw new IOException("it has become shorter");
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return sftp.request(PacketType.WRITE, handle).putUInt64(offset).putString(bytes);
        }

        @Override
        public int landed(Response response, long offset, int length) throws IOException {
            response.ensureStatusPacketIsOK();
            return length;
        }
    }

    /** To this side. */
    record Down(FileChannel target) implements Flow {
        // Of all lanes together; with half as many more a fresh JVM's first pull took a fifth longer.
        private static final int MOST = 21 * 1024 * 1024;

        /**
         * Of many lanes less than a window. A master reads 256 KiB of the network at a time, and hands on what a socket's
         * buffer takes, less than that by default: of a burst a part waits in it, in a buffer that it copies for each packet,
         * and that makes it slower than what comes. Of 14 MiB all at once, and while we are slow to take them, it copies for
         * more than a second.
         */
        @Override
        public int flying(int lanes) {
            return Math.min(WINDOW, MOST / lanes);
        }

        /** So that their bursts come one after the other, too. */
        @Override
        public boolean isStaggered() {
            return true;
        }

        @Override
        public Request request(Sftp sftp, byte[] handle, long offset, int length) {
            return sftp.request(PacketType.READ, handle).putUInt64(offset).putUInt32(length);
        }

        @Override
        public int landed(Response response, long offset, int length) throws IOException {
            response.ensurePacketTypeIs(PacketType.DATA);
            int got = response.readUInt32AsInt();
            if (got < 1 || got > Math.min(length, response.available())) {
                throw new IOException("the server answers a read of " + length + " bytes with " + got);
            }
            ByteBuffer bytes = ByteBuffer.wrap(response.array(), response.rpos(), got);
            try {
                for (long at = offset; bytes.hasRemaining(); ) {
                    at += Zeros.write(target, bytes, at);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return got;
        }
    }
}
