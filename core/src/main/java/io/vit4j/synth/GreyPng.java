package io.vit4j.synth;

import io.vit4j.image.Picture;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes grey pictures as PNG, fast: noise has no repeats to look for, so only the symbols are Huffman coded. */
final class GreyPng {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final byte UP = 2;

    private GreyPng() {}

    static byte[] encode(Picture picture) {
        int width = picture.width();
        byte[] pixels = picture.pixels();
        byte[] rows = new byte[(width + 1) * picture.height()];
        for (int y = 0; y < picture.height(); y++) {
            int to = y * (width + 1);
            int from = y * width;
            rows[to] = UP;
            if (y == 0) {
                System.arraycopy(pixels, 0, rows, 1, width);
                continue;
            }
            for (int x = 0; x < width; x++) {
                rows[to + 1 + x] = (byte) (pixels[from + x] - pixels[from + x - width]);
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 19);
        out.writeBytes(SIGNATURE);
        ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(picture.height());
        header.put((byte) 8).put((byte) 0).put((byte) 0).put((byte) 0).put((byte) 0);
        chunk(out, "IHDR", header.array(), 13);
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        deflater.setStrategy(Deflater.HUFFMAN_ONLY);
        deflater.setInput(rows);
        deflater.finish();
        byte[] packed = new byte[rows.length + rows.length / 1000 + 64];
        int length = 0;
        while (!deflater.finished()) {
            length += deflater.deflate(packed, length, packed.length - length);
        }
        deflater.end();
        chunk(out, "IDAT", packed, length);
        chunk(out, "IEND", new byte[0], 0);
        return out.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] data, int length) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data, 0, length);
        out.writeBytes(ByteBuffer.allocate(4).putInt(length).array());
        out.writeBytes(name);
        out.write(data, 0, length);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}
