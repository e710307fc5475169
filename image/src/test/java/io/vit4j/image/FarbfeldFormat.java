package io.vit4j.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Portable "farbfeld" pictures: 16 bits a value, highest byte first. */
public final class FarbfeldFormat implements PictureFormat {
    private static final byte[] SIGNATURE = "farbfeld".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER = 16;

    @Override
    public String name() {
        return "farbfeld";
    }

    @Override
    public boolean recognises(byte[] begin) {
        return begin.length >= SIGNATURE.length && Arrays.equals(Arrays.copyOf(begin, SIGNATURE.length), SIGNATURE);
    }

    @Override
    public Picture decode(byte[] file, DecodeOptions options) {
        if (file.length < HEADER) {
            throw new DamagedImage("it ends within its header");
        }
        int width = ByteBuffer.wrap(file).getInt(8);
        int height = ByteBuffer.wrap(file).getInt(12);
        options.refuseSize(width, height);
        if (file.length < HEADER + 8L * width * height) {
            throw new DamagedImage("it ends within the picture");
        }
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = file[HEADER + i / 3 * 8 + i % 3 * 2];
        }
        return new Picture(width, height, 3, pixels);
    }
}
