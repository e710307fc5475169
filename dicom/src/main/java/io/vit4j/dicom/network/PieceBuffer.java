package io.vit4j.dicom.network;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Bytes that come in pieces, kept in chunks, so that it is known beforehand how much memory a piece needs. */
final class PieceBuffer {
    private static final int SMALLEST_CHUNK = 1 << 14;
    private static final int LARGEST_CHUNK = 1 << 20;

    private final List<byte[]> chunks = new ArrayList<>();
    private int room; // of the last chunk
    private int size;

    int size() {
        return size;
    }

    /** The memory that is taken if so many bytes are added. */
    long growth(int bytes) {
        return bytes <= room ? 0 : chunk(bytes - room);
    }

    private int chunk(int least) {
        return Math.max(least, Math.min(LARGEST_CHUNK, Math.max(SMALLEST_CHUNK, size)));
    }

    void add(ByteBuffer bytes) {
        int first = Math.min(room, bytes.remaining());
        if (first > 0) {
            copy(bytes, first);
        }
        if (bytes.hasRemaining()) {
            room = chunk(bytes.remaining());
            chunks.add(new byte[room]);
            copy(bytes, bytes.remaining());
        }
    }

    private void copy(ByteBuffer bytes, int length) {
        byte[] last = chunks.get(chunks.size() - 1);
        bytes.get(last, last.length - room, length);
        room -= length;
        size += length;
    }

    byte[] toByteArray() {
        byte[] all = new byte[size];
        int at = 0;
        for (byte[] chunk : chunks) {
            int length = Math.min(chunk.length, size - at);
            System.arraycopy(chunk, 0, all, at, length);
            at += length;
        }
        return all;
    }
}
