package io.vit4j.spark;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Local files as {@code flaky:/...}, of which some fail in the middle of being written. */
public final class FlakyFileSystem extends RawLocalFileSystem {
    private static final int GOOD_BYTES = 10_000;
    private static final AtomicInteger LEFT = new AtomicInteger();
    private static volatile String failing = "";

    /** So many files whose names begin so fail; none is left if the name is empty. */
    static void failures(String name, int count) {
        failing = name;
        LEFT.set(count);
    }

    static int left() {
        return LEFT.get();
    }

    @Override
    public URI getUri() {
        return URI.create("flaky:///");
    }

    @Override
    public String getScheme() {
        return "flaky";
    }

    @Override
    public FSDataOutputStream create(
            Path file,
            FsPermission permission,
            boolean overwrite,
            int buffer,
            short replication,
            long block,
            Progressable progress)
            throws IOException {
        return flaky(file, super.create(file, permission, overwrite, buffer, replication, block, progress));
    }

    @Override
    public FSDataOutputStream create(
            Path file, boolean overwrite, int buffer, short replication, long block, Progressable progress)
            throws IOException {
        return flaky(file, super.create(file, overwrite, buffer, replication, block, progress));
    }

    private static FSDataOutputStream flaky(Path file, FSDataOutputStream out) throws IOException {
        boolean fails = !failing.isEmpty()
                && file.getName().startsWith(failing)
                && LEFT.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        return fails ? new FSDataOutputStream(new Failing(out), null) : out;
    }

    private static final class Failing extends FilterOutputStream {
        private int written;

        Failing(FSDataOutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (written + length > GOOD_BYTES) {
                throw new IOException("no room");
            }
            written += length;
            out.write(bytes, offset, length);
        }
    }
}
