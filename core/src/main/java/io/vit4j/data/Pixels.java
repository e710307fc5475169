package io.vit4j.data;

import io.vit4j.image.Picture;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/** Arithmetic on stored pixels. */
final class Pixels {
    private Pixels() {}

    /** Whether red, green and blue are equal everywhere, so that one channel tells all. */
    static boolean isGrey(Picture picture) {
        if (picture.channels() == 1) {
            return true;
        }
        byte[] rgb = picture.pixels();
        int differences = 0;
        for (int i = 0; i < rgb.length; i += 3) {
            differences |= (rgb[i] ^ rgb[i + 1]) | (rgb[i] ^ rgb[i + 2]);
        }
        return differences == 0;
    }

    /** The values of a picture, a grey one's in one channel. */
    static byte[] fewest(Picture picture, boolean grey) {
        return grey && picture.channels() == 3 ? narrow(picture.pixels()) : picture.pixels();
    }

    /** One channel of a grey picture. */
    static byte[] narrow(byte[] rgb) {
        byte[] grey = new byte[rgb.length / 3];
        for (int i = 0; i < grey.length; i++) {
            grey[i] = rgb[3 * i];
        }
        return grey;
    }

    /** Red, green and blue of grey pixels. */
    static byte[] widen(byte[] grey) {
        byte[] rgb = new byte[Math.multiplyExact(grey.length, 3)];
        for (int i = 0; i < grey.length; i++) {
            byte value = grey[i];
            rgb[3 * i] = value;
            rgb[3 * i + 1] = value;
            rgb[3 * i + 2] = value;
        }
        return rgb;
    }

    /** 64 bits of two independent sums; equal pictures are found by it, not forgeries. */
    static long hash(byte[] pixels) {
        CRC32C high = new CRC32C();
        CRC32 low = new CRC32();
        high.update(pixels);
        low.update(pixels);
        return high.getValue() << 32 | low.getValue();
    }
}
