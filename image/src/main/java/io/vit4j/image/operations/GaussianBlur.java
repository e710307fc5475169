package io.vit4j.image.operations;

import io.vit4j.image.Picture;

/**
 * Pillow's {@code ImageFilter.GaussianBlur}: three box filters of fractional radius along the rows, then along the columns
 * (Gwosdek et al. 2011), in fixed point.
 */
public final class GaussianBlur {
    private static final int PASSES = 3;

    private GaussianBlur() {}

    /** @param radius standard deviation in pixels, at least 0; 0 leaves the picture as it is */
    public static Picture blur(Picture picture, double radius) {
        float box = boxRadius((float) radius);
        if (box == 0) {
            return picture;
        }
        int channels = picture.channels();
        int stride = picture.width() * channels;
        byte[] pixels = picture.pixels().clone();
        for (int y = 0; y < picture.height(); y++) {
            for (int c = 0; c < channels; c++) {
                line(pixels, y * stride + c, channels, picture.width(), box);
            }
        }
        for (int i = 0; i < stride; i++) {
            line(pixels, i, stride, picture.height(), box);
        }
        return new Picture(picture.width(), picture.height(), channels, pixels);
    }

    /** That of the box which, applied so often, has the deviation: equations 7, 11 and 14 of the paper. */
    private static float boxRadius(float deviation) {
        float variance = deviation * deviation / PASSES;
        float length = (float) Math.sqrt(12.0 * variance + 1.0);
        float whole = (float) Math.floor((length - 1.0) / 2.0);
        float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
        part /= 6 * (variance - (whole + 1) * (whole + 1));
        return whole + part;
    }

    private static void line(byte[] pixels, int first, int step, int count, float box) {
        int[] line = new int[count];
        int[] other = new int[count];
        for (int i = 0; i < count; i++) {
            line[i] = pixels[first + i * step] & 0xFF;
        }
        for (int pass = 0; pass < PASSES; pass++) {
            boxFilter(line, other, box);
            int[] done = other;
            other = line;
            line = done;
        }
        for (int i = 0; i < count; i++) {
            pixels[first + i * step] = (byte) line[i];
        }
    }

    /** A moving sum, in 1/2^24 of a level; beyond the ends the line is continued with its last levels. */
    private static void boxFilter(int[] from, int[] to, float box) {
        int radius = (int) box;
        int last = from.length - 1;
        int weight = (int) ((1 << 24) / (box * 2 + 1));
        int farWeight = ((1 << 24) - (radius * 2 + 1) * weight) / 2;
        int sum = 0;
        for (int x = -radius - 1; x < radius; x++) {
            sum += from[Math.min(Math.max(x, 0), last)];
        }
        for (int x = 0; x <= last; x++) {
            int left = from[Math.max(x - radius - 1, 0)];
            sum += from[Math.min(x + radius, last)] - left;
            int far = left + from[Math.min(x + radius + 1, last)];
            to[x] = sum * weight + far * farWeight + (1 << 23) >>> 24;
        }
    }
}
