package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.RandomKey;
import java.util.HexFormat;

/** Pictures to test with, and how they differ. */
public final class Pictures {
    private Pictures() {}

    /** Content that the reference scripts compute alike: value i is {@code 31 i^2 + 17 i + 5}, cut to 8 bits. */
    public static Picture formula(int width, int height, int channels) {
        byte[] pixels = new byte[width * height * channels];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (31 * i * i + 17 * i + 5);
        }
        return new Picture(width, height, channels, pixels);
    }

    /** Smooth with some noise, as photographs are. */
    public static Picture natural(int width, int height, int channels, RandomKey key) {
        RandomKey.Stream random = key.stream();
        double fx = random.nextDouble() * 0.3;
        double fy = random.nextDouble() * 0.3;
        byte[] pixels = new byte[width * height * channels];
        for (int i = 0; i < pixels.length; i++) {
            int x = i / channels % width;
            int y = i / channels / width;
            double wave = 128 + 100 * Math.sin(fx * x + i % channels) * Math.cos(fy * y);
            pixels[i] = (byte) (wave + random.nextInt(12));
        }
        return new Picture(width, height, channels, pixels);
    }

    public static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    public static String hex(Picture picture) {
        return HexFormat.of().formatHex(picture.pixels());
    }

    public static void assertSame(Picture actual, Picture expected) {
        assertThat(actual.width() + "x" + actual.height() + "x" + actual.channels())
                .isEqualTo(expected.width() + "x" + expected.height() + "x" + expected.channels());
        assertThat(actual.pixels()).isEqualTo(expected.pixels());
    }

    /** The largest difference of two pictures' levels; grey counts as three equal channels. */
    public static int furthest(Picture a, Picture b) {
        assertThat(a.width() + "x" + a.height()).isEqualTo(b.width() + "x" + b.height());
        int furthest = 0;
        for (int i = 0; i < a.width() * a.height() * 3; i++) {
            furthest = Math.max(furthest, Math.abs(level(a, i) - level(b, i)));
        }
        return furthest;
    }

    private static int level(Picture picture, int i) {
        return picture.pixels()[picture.channels() == 3 ? i : i / 3] & 0xFF;
    }
}
