package io.vit4j.image.formats;

import io.vit4j.base.RandomKey;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Builds PNG files, right and wrong ones, straight from the specification and without the code under test. */
final class PngFile {
    private static final int[][] ADAM7 = {
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    PngFile() {
        out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
    }

    static PngFile of(int width, int height, int depth, int colourType, boolean interlaced) {
        ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
        header.put((byte) depth)
                .put((byte) colourType)
                .put((byte) 0)
                .put((byte) 0)
                .put((byte) (interlaced ? 1 : 0));
        return new PngFile().chunk("IHDR", header.array());
    }

    PngFile chunk(String name, byte[] data) {
        byte[] type = name.getBytes(StandardCharsets.ISO_8859_1);
        CRC32 crc = new CRC32();
        crc.update(type);
        crc.update(data);
        out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        out.writeBytes(type);
        out.writeBytes(data);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
        return this;
    }

    /** Compressed rows, each with its filter's byte first. */
    PngFile rows(byte[] raw) {
        return chunk("IDAT", zlib(raw));
    }

    byte[] end() {
        return chunk("IEND", new byte[0]).bytes();
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    static byte[] zlib(byte[] raw) {
        Deflater deflater = new Deflater();
        deflater.setInput(raw);
        deflater.finish();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[4096];
        while (!deflater.finished()) {
            out.write(piece, 0, deflater.deflate(piece));
        }
        deflater.end();
        return out.toByteArray();
    }

    /**
     * A whole file.
     *
     * @param samples {@code [height, width, samples a pixel]}, each below {@code 2^depth}
     */
    static byte[] encode(
            int width,
            int height,
            int depth,
            int colourType,
            boolean interlaced,
            int[] samples,
            byte[] palette,
            RandomKey.Stream random) {
        int perPixel = samples.length / (width * height);
        ByteArrayOutputStream raw = new ByteArrayOutputStream();
        int[][] passes = interlaced ? ADAM7 : new int[][] {{0, 0, 1, 1}};
        for (int[] pass : passes) {
            int columns = (width - pass[0] + pass[2] - 1) / pass[2];
            byte[] above = new byte[(columns * perPixel * depth + 7) / 8];
            for (int y = pass[1]; y < height && columns > 0; y += pass[3]) {
                byte[] row = new byte[above.length];
                int bit = 0;
                for (int x = pass[0]; x < width; x += pass[2]) {
                    for (int s = 0; s < perPixel; s++, bit += depth) {
                        int sample = samples[(y * width + x) * perPixel + s];
                        if (depth == 16) {
                            row[bit / 8] = (byte) (sample >> 8);
                            row[bit / 8 + 1] = (byte) sample;
                        } else {
                            row[bit / 8] |= (byte) (sample << 8 - depth - bit % 8);
                        }
                    }
                }
                int filter = random.nextInt(5);
                raw.write(filter);
                raw.writeBytes(filtered(filter, row, above, Math.max(1, perPixel * depth / 8)));
                above = row;
            }
        }
        PngFile file = of(width, height, depth, colourType, interlaced);
        if (palette.length > 0) {
            file.chunk("PLTE", palette);
        }
        byte[] compressed = zlib(raw.toByteArray());
        int cut = random.nextInt(compressed.length);
        return file.chunk("tEXt", new byte[] {'a', 0, 'b'})
                .chunk("IDAT", java.util.Arrays.copyOf(compressed, cut))
                .chunk("IDAT", java.util.Arrays.copyOfRange(compressed, cut, compressed.length))
                .end();
    }

    /** A row as the filter leaves it: its difference from what the specification predicts. */
    static byte[] filtered(int filter, byte[] row, byte[] above, int step) {
        byte[] out = new byte[row.length];
        for (int i = 0; i < row.length; i++) {
            int a = i < step ? 0 : row[i - step] & 0xFF;
            int b = above[i] & 0xFF;
            int c = i < step ? 0 : above[i - step] & 0xFF;
            int p = a + b - c;
            int pa = Math.abs(p - a);
            int pb = Math.abs(p - b);
            int pc = Math.abs(p - c);
            int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
            int[] predictions = {0, a, b, (a + b) / 2, paeth};
            out[i] = (byte) (row[i] - predictions[filter]);
        }
        return out;
    }
}
