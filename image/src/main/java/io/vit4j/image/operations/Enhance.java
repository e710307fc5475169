package io.vit4j.image.operations;

import io.vit4j.image.Picture;

/**
 * Pillow's {@code ImageEnhance}: a picture between a degenerate one (factor 0) and itself (factor 1), or beyond. With the
 * arithmetic of {@code Image.blend}, in float32, rounded down.
 */
public final class Enhance {
    private static final int COUNT = 256;

    private Enhance() {}

    /** Towards black. */
    public static Picture brightness(Picture picture, double factor) {
        return towards(picture, 0, (float) factor);
    }

    /** Towards the grey of the picture's mean. */
    public static Picture contrast(Picture picture, double factor) {
        int[] histogram = Levels.histogram(grey(picture), 0);
        long sum = 0;
        for (int level = 0; level < COUNT; level++) {
            sum += (long) level * histogram[level];
        }
        double mean = (double) sum / ((long) picture.width() * picture.height());
        return towards(picture, (int) (mean + 0.5), (float) factor);
    }

    /** Towards the picture in grey; a grey picture stays as it is. */
    public static Picture color(Picture picture, double factor) {
        return picture.channels() == 1 ? picture : blend(inGrey(picture), picture, (float) factor);
    }

    /** Towards the picture smoothed by a kernel of 3x3; the outermost pixels stay as they are. */
    public static Picture sharpness(Picture picture, double factor) {
        return blend(smooth(picture), picture, (float) factor);
    }

    /** One channel of luma: {@code Image.convert("L")}. */
    public static Picture grey(Picture picture) {
        if (picture.channels() == 1) {
            return picture;
        }
        byte[] from = picture.pixels();
        byte[] grey = new byte[picture.width() * picture.height()];
        for (int i = 0, j = 0; i < grey.length; i++, j += 3) {
            grey[i] = (byte) luma(from[j] & 0xFF, from[j + 1] & 0xFF, from[j + 2] & 0xFF);
        }
        return new Picture(picture.width(), picture.height(), 1, grey);
    }

    /** Its luma in as many channels as it has. */
    public static Picture inGrey(Picture picture) {
        if (picture.channels() == 1) {
            return picture;
        }
        byte[] grey = grey(picture).pixels();
        byte[] to = new byte[picture.pixels().length];
        for (int i = 0, j = 0; i < grey.length; i++, j += 3) {
            to[j] = grey[i];
            to[j + 1] = grey[i];
            to[j + 2] = grey[i];
        }
        return new Picture(picture.width(), picture.height(), 3, to);
    }

    private static int luma(int red, int green, int blue) {
        return red * 19595 + green * 38470 + blue * 7471 + 0x8000 >> 16;
    }

    private static Picture towards(Picture picture, int degenerate, float factor) {
        byte[] table = new byte[COUNT];
        for (int level = 0; level < COUNT; level++) {
            table[level] = blended(degenerate, level, factor);
        }
        return Levels.mapped(picture, table);
    }

    private static Picture blend(Picture degenerate, Picture picture, float factor) {
        if (factor == 1) {
            return picture;
        }
        byte[] to = new byte[picture.pixels().length];
        blendInto(degenerate.pixels(), picture.pixels(), factor, to);
        return new Picture(picture.width(), picture.height(), picture.channels(), to);
    }

    private static void blendInto(byte[] degenerate, byte[] picture, float factor, byte[] to) {
        for (int i = 0; i < to.length; i++) {
            to[i] = blended(degenerate[i] & 0xFF, picture[i] & 0xFF, factor);
        }
    }

    private static byte blended(int degenerate, int level, float factor) {
        float value = degenerate + factor * (level - degenerate);
        return (byte) (int) Math.min(Math.max(value, 0f), 255f);
    }

    /** {@code ImageFilter.SMOOTH}: the middle counts 5, its eight neighbours 1 each, rounded to the nearest level. */
    private static Picture smooth(Picture picture) {
        int channels = picture.channels();
        int stride = picture.width() * channels;
        byte[] from = picture.pixels();
        byte[] to = from.clone();
        int[] sums = new int[stride]; // of three rows
        for (int y = 1; y < picture.height() - 1; y++) {
            int row = y * stride;
            for (int i = 0; i < stride; i++) {
                sums[i] = (from[row - stride + i] & 0xFF) + (from[row + i] & 0xFF) + (from[row + stride + i] & 0xFF);
            }
            for (int i = channels; i < stride - channels; i++) {
                int sum = sums[i - channels] + sums[i] + sums[i + channels] + 4 * (from[row + i] & 0xFF);
                to[row + i] = (byte) ((2 * sum + 13) / 26);
            }
        }
        return new Picture(picture.width(), picture.height(), channels, to);
    }
}
