package io.vit4j.image.operations;

import io.vit4j.image.Picture;

/** Operations that give every pixel another level by a table, as Pillow's {@code ImageOps} do. */
public final class Levels {
    private static final int COUNT = 256;

    private Levels() {}

    /** The negative. */
    public static Picture invert(Picture picture) {
        return solarize(picture, 0);
    }

    /**
     * Inverts what is bright.
     *
     * @param threshold levels from it on are inverted
     */
    public static Picture solarize(Picture picture, double threshold) {
        byte[] table = new byte[COUNT];
        for (int level = 0; level < COUNT; level++) {
            table[level] = (byte) (level < threshold ? level : 255 - level);
        }
        return mapped(picture, table);
    }

    /**
     * Keeps the highest bits of every level.
     *
     * @param bits 0 to 8
     */
    public static Picture posterize(Picture picture, int bits) {
        if (bits < 0 || bits > 8) {
            throw new IllegalArgumentException(bits + " bits");
        }
        int mask = -(1 << 8 - bits);
        byte[] table = new byte[COUNT];
        for (int level = 0; level < COUNT; level++) {
            table[level] = (byte) (level & mask);
        }
        return mapped(picture, table);
    }

    /** Stretches each channel so that its darkest level becomes 0 and its brightest 255. */
    public static Picture autoContrast(Picture picture) {
        return byChannel(picture, histogram -> {
            int low = 0;
            while (low < COUNT - 1 && histogram[low] == 0) {
                low++;
            }
            int high = COUNT - 1;
            while (high > low && histogram[high] == 0) {
                high--;
            }
            byte[] table = new byte[COUNT];
            double scale = high > low ? 255.0 / (high - low) : 1;
            double offset = high > low ? -low * scale : 0;
            for (int level = 0; level < COUNT; level++) {
                table[level] = (byte) Math.min(Math.max((int) (level * scale + offset), 0), 255);
            }
            return table;
        });
    }

    /** Spreads each channel's levels so that all are about equally frequent. */
    public static Picture equalize(Picture picture) {
        return byChannel(picture, histogram -> {
            int last = COUNT - 1;
            while (histogram[last] == 0) {
                last--;
            }
            int pixels = picture.width() * picture.height();
            int step = (pixels - histogram[last]) / 255;
            byte[] table = new byte[COUNT];
            int sum = step / 2;
            for (int level = 0; level < COUNT; level++) {
                table[level] = (byte) (step == 0 ? level : Math.min(sum / step, 255));
                sum += histogram[level];
            }
            return table;
        });
    }

    private interface TableOf {
        byte[] of(int[] histogram);
    }

    private static Picture byChannel(Picture picture, TableOf tables) {
        int channels = picture.channels();
        byte[] from = picture.pixels();
        byte[] to = new byte[from.length];
        for (int channel = 0; channel < channels; channel++) {
            byte[] table = tables.of(histogram(picture, channel));
            for (int i = channel; i < from.length; i += channels) {
                to[i] = table[from[i] & 0xFF];
            }
        }
        return new Picture(picture.width(), picture.height(), channels, to);
    }

    /** How often each level occurs in a channel. */
    static int[] histogram(Picture picture, int channel) {
        int[] histogram = new int[COUNT];
        byte[] pixels = picture.pixels();
        for (int i = channel; i < pixels.length; i += picture.channels()) {
            histogram[pixels[i] & 0xFF]++;
        }
        return histogram;
    }

    /**
     * Every level, of all channels, by a table.
     *
     * @param table of 256 levels
     */
    public static Picture mapped(Picture picture, byte[] table) {
        byte[] from = picture.pixels();
        byte[] to = new byte[from.length];
        for (int i = 0; i < from.length; i++) {
            to[i] = table[from[i] & 0xFF];
        }
        return new Picture(picture.width(), picture.height(), picture.channels(), to);
    }
}
