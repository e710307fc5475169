package io.vit4j.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes pictures as PNG, 8 bits a value, grey or red-green-blue. */
public final class PngEncoder {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int UP = 2;
    private static final int GREY = 0;
    private static final int RGB = 2;

    private PngEncoder() {}

    /** The PNG file's bytes, small. */
    public static byte[] encode(Picture picture) {
        return encode(picture, new Deflater(6));
    }

    /** The PNG file's bytes, quickly: noise has no repeats to look for, so symbols are only Huffman coded. */
    public static byte[] encodeFast(Picture picture) {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        deflater.setStrategy(Deflater.HUFFMAN_ONLY);
        return encode(picture, deflater);
    }

    private static byte[] encode(Picture picture, Deflater deflater) {
        byte[] rows = filtered(picture);
        ByteArrayOutputStream file = new ByteArrayOutputStream(rows.length / 2 + 1024);
        file.writeBytes(SIGNATURE);
        byte[] header = ByteBuffer.allocate(13)
                .putInt(picture.width())
                .putInt(picture.height())
                .put((byte) 8)
                .put((byte) (picture.channels() == 1 ? GREY : RGB))
                .array();
        chunk(file, "IHDR", header, header.length);
        try {
            deflater.setInput(rows);
            deflater.finish();
            byte[] piece = new byte[1 << 16];
            while (!deflater.finished()) {
                int length = deflater.deflate(piece);
                if (length > 0) { // the first call may do no more than take the strategy over
                    chunk(file, "IDAT", piece, length);
                }
            }
        } finally {
            deflater.end();
        }
        chunk(file, "IEND", new byte[0], 0);
        return file.toByteArray();
    }

    /**
     * All rows minus the row above (filter "up"): for pictures from nature nearly as small as choosing anew for each row,
     * and the only filter that vectorises both ways.
     */
    private static byte[] filtered(Picture picture) {
        int rowBytes = picture.width() * picture.channels();
        byte[] pixels = picture.pixels();
        byte[] rows = new byte[Math.multiplyExact(rowBytes + 1, picture.height())];
        byte[] above = new byte[rowBytes];
        int up = 0;
        for (int y = 0; y < picture.height(); y++) {
            int from = y * rowBytes;
            int to = y * (rowBytes + 1);
            rows[to++] = UP;
            for (int i = 0; i < rowBytes; i++) {
                rows[to + i] = (byte) (pixels[from + i] - above[up + i]);
            }
            above = pixels;
            up = from;
        }
        return rows;
    }

    private static void chunk(ByteArrayOutputStream file, String name, byte[] data, int length) {
        byte[] type = name.getBytes(StandardCharsets.ISO_8859_1);
        CRC32 crc = new CRC32();
        crc.update(type);
        crc.update(data, 0, length);
        file.writeBytes(ByteBuffer.allocate(4).putInt(length).array());
        file.writeBytes(type);
        file.write(data, 0, length);
        file.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}
