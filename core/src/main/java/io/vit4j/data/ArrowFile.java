package io.vit4j.data;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A data set's Arrow file: what its footer says, verified on opening, and its batches, each part of which is verified when it
 * is first read. For any number of threads.
 */
final class ArrowFile implements ArrowBatches {
    private static final int CHUNK = 1 << 18;

    private final Path path;
    private final PositionalFile file;
    private final ArrowFooter footer;
    private final ArrowFormat.StoredBatch[] batches;

    /** First row of each batch, and at the end the number of rows. */
    private final int[] startRows;

    /** Of each batch, whether its pixels were verified. Racing threads at worst do it twice. */
    private final boolean[] pixelsSound;

    private ArrowFile(Path path, PositionalFile file) throws IOException {
        this.path = path;
        this.file = file;
        this.footer = ArrowFooter.read(path, file);
        this.batches = footer.batches();
        this.startRows = new int[batches.length + 1];
        this.pixelsSound = new boolean[batches.length];
        for (int i = 0; i < batches.length; i++) {
            startRows[i + 1] = startRows[i] + batches[i].rows();
        }
    }

    /** Opens and checks all but the batches. InputException if it is no such file, or a damaged one. */
    static ArrowFile open(Path path) {
        PositionalFile file = null;
        try {
            file = new PositionalFile(path);
            return new ArrowFile(path, file);
        } catch (IOException | RuntimeException e) {
            closeQuietly(file, e);
            if (e instanceof InputException fault) {
                throw fault;
            }
            if (e instanceof NoSuchFileException) {
                throw InputException.in(path, "no such file; is this the folder written by prepare?", e);
            }
            if (e instanceof IOException) {
                throw InputException.in(path, "cannot be read: " + e.getMessage(), e);
            }
            // Arrow's own classes throw one or another where offsets lead out of the footer
            throw ArrowFooter.damaged(path, "its footer points nowhere", e);
        }
    }

    private static void closeQuietly(PositionalFile file, Exception because) {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                because.addSuppressed(e);
            }
        }
    }

    Path path() {
        return path;
    }

    @Override
    public DatasetInfo info() {
        return footer.info();
    }

    @Override
    public int rows() {
        return startRows[batches.length];
    }

    @Override
    public int batchCount() {
        return batches.length;
    }

    ArrowFormat.StoredBatch batch(int batch) {
        return batches[batch];
    }

    @Override
    public int startRow(int batch) {
        return startRows[batch];
    }

    @Override
    public int batchOf(int row) {
        if (row < 0 || row >= rows()) {
            throw new IndexOutOfBoundsException("row " + row + " of " + rows());
        }
        int found = Arrays.binarySearch(startRows, row);
        return found >= 0 ? found : -found - 2;
    }

    @Override
    public int fileOf(int row) {
        return 0;
    }

    @Override
    public BatchColumns columns(int batch) {
        return new BatchColumns(() -> this, batch);
    }

    /** CRC-32C of what follows the batches. */
    int footerSum() {
        return footer.sum();
    }

    /** Closes the file until it is read again. */
    void rest() {
        try {
            file.rest();
        } catch (IOException e) {
            throw InputException.in(path, "cannot be closed: " + e.getMessage(), e);
        }
    }

    /** Message and small columns of a batch, verified. */
    byte[] prefix(int batch) {
        byte[] prefix = read(batch, 0, (int) batches[batch].prefixLength());
        if (ArrowFormat.crc(prefix) != batches[batch].prefixCrc()) {
            throw changed(batch, "labels and names");
        }
        return prefix;
    }

    /** Bytes of a batch's pixels, counted from its start; before the first of them are read, all are verified. */
    byte[] pixels(int batch, long from, int length) {
        if (!pixelsSound[batch]) {
            verifyPixels(batch);
            pixelsSound[batch] = true;
        }
        return read(batch, from, length);
    }

    @Override
    public void verifyPixels(int batch) {
        ArrowFormat.StoredBatch stored = batches[batch];
        CRC32C crc = new CRC32C();
        byte[] chunk = new byte[(int) Math.min(stored.length() - stored.prefixLength(), CHUNK)];
        for (long done = stored.prefixLength(); done < stored.length(); done += chunk.length) {
            int count = (int) Math.min(chunk.length, stored.length() - done);
            read(batch, done, chunk, count);
            crc.update(chunk, 0, count);
        }
        if ((int) crc.getValue() != stored.pixelsCrc()) {
            throw changed(batch, "pixels");
        }
    }

    private InputException changed(int batch, String what) {
        return ArrowFooter.damaged(
                path,
                "the " + what + " of rows " + startRows[batch] + " to " + (startRows[batch + 1] - 1)
                        + " have changed since they were written",
                null);
    }

    private byte[] read(int batch, long from, int length) {
        byte[] bytes = new byte[length];
        read(batch, from, bytes, length);
        return bytes;
    }

    private void read(int batch, long from, byte[] into, int length) {
        try {
            file.read(batches[batch].offset() + from, into, length);
        } catch (IOException e) {
            throw InputException.in(
                    path, "can no longer be read: " + e.getMessage() + "; was it moved or truncated?", e);
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw InputException.in(path, "cannot be closed: " + e.getMessage(), e);
        }
    }
}
