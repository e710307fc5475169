package io.vit4j.spark;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Local files as {@code flaky:/...}, of which some cannot be read, or fail in the middle of being written. */
public final class FlakyFileSystem extends RawLocalFileSystem {
    private static final int GOOD_BYTES = 10_000;
    private static final AtomicInteger LEFT = new AtomicInteger();
    private static volatile String failing = "";
    private static volatile boolean unchecked;

    /** So many files whose names begin so fail; none is left if the name is empty. */
    static void failures(String name, int count) {
        failing = name;
        unchecked = false;
        LEFT.set(count);
    }

    /** The same with an exception that this file system does not declare, as clients of object stores throw them. */
    static void uncheckedFailures(String name, int count) {
        failures(name, count);
        unchecked = true;
    }

    private static IOException failure(String message) {
        if (unchecked) {
            throw new IllegalStateException(message);
        }
        return new IOException(message);
    }

    private static boolean fails(Path file) {
        return !failing.isEmpty()
                && file.getName().startsWith(failing)
                && LEFT.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
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
    public FSDataInputStream open(Path file, int buffer) throws IOException {
        if (fails(file)) {
            throw failure("no answer");
        }
        return super.open(file, buffer);
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
        return fails(file) ? new FSDataOutputStream(new Failing(out), null) : out;
    }

    private static final class Failing extends FilterOutputStream {
        private int written;

        Failing(FSDataOutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (written + length > GOOD_BYTES) {
                throw failure("no room");
            }
            written += length;
            out.write(bytes, offset, length);
        }
    }
}
