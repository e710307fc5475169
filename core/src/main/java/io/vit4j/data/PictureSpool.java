package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import io.vit4j.image.Picture;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Finished pictures on disk, in the order in which an archive gave them, to be read in the label file's order. Each stands
 * behind a header with its row, channels and sum, so that an interrupted run finds again what is whole. For several threads.
 */
final class PictureSpool implements AutoCloseable {
    static final String FILE = ArrowDataset.FILE + ".spool";

    private static final int DIGEST = 32;
    private static final int HEADER = 4 + 1 + 4 + 3;
    private static final long ABSENT = -1;

    private final Path path;
    private final int height;
    private final int width;
    private final FileChannel file;

    /** Of each row, where its header is. */
    private final long[] places;

    private long end;

    /**
     * Opens the spool, and takes over what an earlier run has left of the same source and settings.
     *
     * @param digest 32 characters, of all that the pictures depend on
     */
    PictureSpool(Path folder, String digest, int rows, int height, int width) throws IOException {
        this.path = folder.resolve(FILE);
        this.height = height;
        this.width = width;
        this.places = new long[rows];
        Arrays.fill(places, ABSENT);
        this.file = OpenFiles.update(path, Privacy.ofFile(path));
        byte[] expected = digest.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        byte[] found = new byte[DIGEST];
        if (file.size() >= DIGEST) {
            read(found, 0);
        }
        this.end = DIGEST;
        if (Arrays.equals(expected, found)) {
            takeOver();
        }
        file.truncate(end);
        write(ByteBuffer.wrap(expected), 0);
    }

    private void takeOver() throws IOException {
        byte[] header = new byte[HEADER];
        while (end + HEADER <= file.size()) {
            read(header, end);
            ByteBuffer fields = ByteBuffer.wrap(header);
            int row = fields.getInt();
            int channels = fields.get();
            int sum = fields.getInt();
            if (row < 0 || row >= places.length || (channels != 1 && channels != 3)) {
                return;
            }
            long next = end + HEADER + (long) height * width * channels;
            if (next > file.size()) {
                return;
            }
            byte[] pixels = new byte[(int) (next - end - HEADER)];
            read(pixels, end + HEADER);
            if (ArrowFormat.crc(pixels) != sum) {
                return;
            }
            places[row] = end;
            end = next;
        }
    }

    boolean has(int row) {
        synchronized (places) {
            return places[row] != ABSENT;
        }
    }

    void put(int row, Picture picture) {
        ByteBuffer record = ByteBuffer.allocate(HEADER + picture.pixels().length);
        record.putInt(row).put((byte) picture.channels()).putInt(ArrowFormat.crc(picture.pixels()));
        record.position(HEADER).put(picture.pixels()).flip();
        long place;
        synchronized (places) {
            place = end;
            end += record.capacity();
        }
        try {
            write(record, place);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        synchronized (places) {
            places[row] = place;
        }
    }

    /** The row's picture, which must be there. */
    Picture get(int row) {
        long place;
        synchronized (places) {
            place = places[row];
        }
        try {
            byte[] header = new byte[HEADER];
            read(header, place);
            int channels = header[4];
            byte[] pixels = new byte[height * width * channels];
            read(pixels, place + HEADER);
            if (ArrowFormat.crc(pixels) != ByteBuffer.wrap(header).getInt(5)) {
                throw InputException.in(path, "damaged on disk; remove it and prepare again");
            }
            return new Picture(width, height, channels, pixels);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void read(byte[] into, long at) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(into);
        while (buffer.hasRemaining()) {
            if (file.read(buffer, at + buffer.position()) < 0) {
                throw new EOFException(path + " has become shorter");
            }
        }
    }

    private void write(ByteBuffer buffer, long at) throws IOException {
        while (buffer.hasRemaining()) {
            file.write(buffer, at + buffer.position());
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

    static void remove(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(FILE));
    }
}
