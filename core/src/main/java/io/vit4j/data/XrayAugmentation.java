package io.vit4j.data;

import io.vit4j.base.RandomKey;
import io.vit4j.image.Picture;

/**
 * What differs between two X-rays of one patient: a small turn, shift, zoom and exposure. Never mirrored, which would move
 * the heart to the right. The middle of the picture comes out at the given size; where the turned frame looks beyond the
 * picture, its edge is continued.
 *
 * @param height of the result
 * @param width of the result
 * @param degrees most turn to either side
 * @param shift most shift along each axis, relative to the result's size
 * @param zoom most change of size, so that the factor lies within {@code 1 - zoom} and {@code 1 + zoom}
 * @param brightness most change of brightness, relative
 */
public record XrayAugmentation(int height, int width, double degrees, double shift, double zoom, double brightness)
        implements ImageTransform {
    /** 7 degrees, 5% shift, 10% zoom, 10% brightness. */
    public static XrayAugmentation standard(int height, int width) {
        return new XrayAugmentation(height, width, 7, 0.05, 0.1, 0.1);
    }

    @Override
    public Picture apply(Picture picture, RandomKey key) {
        RandomKey.Stream random = key.stream();
        double angle = Math.toRadians(degrees * signed(random));
        double right = shift * width * signed(random);
        double down = shift * height * signed(random);
        double scale = 1 + zoom * signed(random);
        byte[] exposed = exposure(1 + brightness * signed(random));

        // A point of the result, measured from its middle, is turned, shrunk and shifted to its source.
        float cos = (float) (Math.cos(angle) / scale);
        float sin = (float) (Math.sin(angle) / scale);
        float middleX = (float) ((picture.width() - 1) / 2.0 - right);
        float middleY = (float) ((picture.height() - 1) / 2.0 - down);
        byte[] pixels = new byte[height * width * picture.channels()];
        for (int y = 0; y < height; y++) {
            float fromMiddleY = y - (height - 1) / 2f;
            float fromMiddleX = -(width - 1) / 2f;
            sampleRow(
                    picture,
                    middleX + cos * fromMiddleX - sin * fromMiddleY,
                    middleY + sin * fromMiddleX + cos * fromMiddleY,
                    cos,
                    sin,
                    exposed,
                    pixels,
                    y * width * picture.channels());
        }
        return new Picture(width, height, picture.channels(), pixels);
    }

    /** Uniform in [-1, 1). */
    private static double signed(RandomKey.Stream random) {
        return 2 * random.nextDouble() - 1;
    }

    private static byte[] exposure(double factor) {
        byte[] exposed = new byte[256];
        for (int value = 0; value < 256; value++) {
            exposed[value] = (byte) Math.min(255, Math.round(value * factor));
        }
        return exposed;
    }

    /** One row of the result, bilinear between four source pixels, from {@code (x, y)} in steps of {@code (dx, dy)}. */
    private void sampleRow(
            Picture picture, float x, float y, float dx, float dy, byte[] exposed, byte[] into, int start) {
        int channels = picture.channels();
        int lastX = picture.width() - 1;
        int lastY = picture.height() - 1;
        int stride = picture.width() * channels;
        byte[] from = picture.pixels();
        int to = start;
        for (int i = 0; i < width; i++) {
            float atX = Math.min(Math.max(x + i * dx, 0), lastX);
            float atY = Math.min(Math.max(y + i * dy, 0), lastY);
            int left = (int) atX;
            int top = (int) atY;
            float rightShare = atX - left;
            float lowerShare = atY - top;
            int upper = top * stride + left * channels;
            int lower = top < lastY ? upper + stride : upper;
            int step = left < lastX ? channels : 0;
            for (int c = 0; c < channels; c++) {
                float above =
                        (from[upper + c] & 0xFF) * (1 - rightShare) + (from[upper + step + c] & 0xFF) * rightShare;
                float below =
                        (from[lower + c] & 0xFF) * (1 - rightShare) + (from[lower + step + c] & 0xFF) * rightShare;
                into[to++] = exposed[(int) (above + (below - above) * lowerShare + 0.5f)];
            }
        }
    }
}
