package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A stream that remembers its first bytes: they tell what it was that has answered. Read by one thread. */
final class Greeting extends FilterInputStream {
    private static final int MOST = 1024;
    private static final int SHOWN = 200;
    // Length and type of a VERSION message (draft-ietf-secsh-filexfer-02 section 4).
    private static final int HEAD = 5;
    private static final int VERSION = 2;
    private static final int MOST_LENGTH = 256 * 1024;

    // Written by the reader, and looked at by whoever hears that it has failed.
    private volatile byte[] first = {};

    Greeting(InputStream in) {
        super(in);
    }

    @Override
    public int read() throws IOException {
        int one = super.read();
        if (one >= 0) {
            keep(new byte[] {(byte) one}, 0, 1);
        }
        return one;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        int read = super.read(to, offset, length);
        keep(to, offset, read);
        return read;
    }

    /** @throws IOException when these are not an SFTP server's bytes: their reader would take text for a length, and wait */
    private void keep(byte[] from, int offset, int length) throws IOException {
        byte[] kept = first;
        int more = Math.min(length, MOST - kept.length);
        if (more > 0) {
            byte[] longer = Arrays.copyOf(kept, kept.length + more);
            System.arraycopy(from, offset, longer, kept.length, more);
            first = longer;
            if (kept.length < HEAD && longer.length >= HEAD && !stranger().isEmpty()) {
                throw new IOException("this is not SFTP");
            }
        }
    }

    /** The first line, when it is no SFTP server that has answered; empty when it may be one, or nothing has come. */
    String stranger() {
        byte[] came = first;
        if (came.length == 0) {
            return "";
        }
        boolean cut = came.length < HEAD;
        int length = cut ? 0 : ByteBuffer.wrap(came).getInt();
        boolean sftp = cut ? came[0] == 0 : length > 0 && length <= MOST_LENGTH && came[4] == VERSION;
        return sftp ? "" : line(came);
    }

    /** The same when nothing has been read, of a process that has ended. */
    String strangerInRest() {
        try {
            byte[] rest = first.length == 0 ? readNBytes(MOST) : first;
            return rest.length == 0 ? "" : stranger();
        } catch (IOException e) {
            return stranger();
        }
    }

    /** The first line that is not blank, as a message can show it. */
    static String line(byte[] bytes) {
        String first = new String(bytes, UTF_8)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .findFirst()
                .orElse("");
        String shown = Names.printable(first);
        return shown.length() <= SHOWN ? shown : shown.substring(0, SHOWN) + "...";
    }
}
