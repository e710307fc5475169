package io.vit4j.data.augment;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;

/**
 * What differs between two X-rays of one patient: a small turn, shift and zoom, exposure, the film's curve and grain. It never
 * mirrors, which would move the heart to the right. The result is the middle of the picture at the given size. If the rotated frame extends
 * beyond the picture, its edge is repeated.
 *
 * @param height of the result
 * @param width of the result
 * @param degrees most turn to either side
 * @param shift most shift along each axis, relative to the result's size
 * @param zoom most change of size, so that the factor is within {@code 1 - zoom} and {@code 1 + zoom}
 * @param brightness most change of brightness, relative
 * @param contrast most change of the distance from middle grey, relative
 * @param gamma most change of the exponent, so that it is within {@code 1 - gamma} and {@code 1 + gamma}
 * @param noise most standard deviation of normal noise, relative to white; grain of the same strength over the whole picture
 */
public record XrayAugmentation(
        int height,
        int width,
        double degrees,
        double shift,
        double zoom,
        double brightness,
        double contrast,
        double gamma,
        double noise)
        implements ImageTransform {
    /** Positions in 1/65536 of a pixel must fit into 31 bits. */
    private static final int LONGEST_SIDE = 1 << 14;

    private static final int NORMAL_BITS = 12;

    /** Normal numbers to draw from; drawing each anew would take longer than all the rest. */
    private static final float[] NORMAL = normal();

    private static float[] normal() {
        RandomKey.Stream random = RandomKey.of(0).with("normal numbers").stream();
        float[] numbers = new float[1 << NORMAL_BITS];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    /** 7 degrees, 5% shift, 10% zoom, 10% brightness, contrast and gamma, noise of 2%. */
    public static XrayAugmentation standard(int height, int width) {
        return new XrayAugmentation(height, width, 7, 0.05, 0.1, 0.1, 0.1, 0.1, 0.02);
    }

    @Override
    public Picture apply(Picture picture, RandomKey key) {
        if (picture.width() > LONGEST_SIDE || picture.height() > LONGEST_SIDE) {
            throw new InputException("a picture of " + picture.width() + "x" + picture.height()
                    + " cannot be augmented; store pictures of at most " + LONGEST_SIDE + " on a side");
        }
        RandomKey.Stream random = key.stream();
        double angle = Math.toRadians(degrees * signed(random));
        double right = shift * width * signed(random);
        double down = shift * height * signed(random);
        double scale = 1 + zoom * signed(random);
        byte[] exposed =
                exposure(1 + brightness * signed(random), 1 + contrast * signed(random), 1 + gamma * signed(random));
        double grain = 255 * noise * random.nextDouble();

        // A point of the result, measured from its middle, is turned, shrunk and shifted to its source.
        double cos = Math.cos(angle) / scale;
        double sin = Math.sin(angle) / scale;
        double middleX = (picture.width() - 1) / 2.0 - right;
        double middleY = (picture.height() - 1) / 2.0 - down;
        byte[] pixels = new byte[height * width * picture.channels()];
        for (int y = 0; y < height; y++) {
            double fromMiddleY = y - (height - 1) / 2.0;
            double fromMiddleX = -(width - 1) / 2.0;
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
        if (grain > 0) {
            addNoise(pixels, picture.channels(), (float) grain, random);
        }
        return new Picture(width, height, picture.channels(), pixels);
    }

    private static double signed(RandomKey.Stream random) {
        return RandomAffine.signed(random);
    }

    /** Contrast about middle grey, then brightness, then the exponent. */
    private static byte[] exposure(double brightness, double contrast, double exponent) {
        byte[] exposed = new byte[256];
        for (int value = 0; value < 256; value++) {
            double light = ((value / 255.0 - 0.5) * contrast + 0.5) * brightness;
            exposed[value] = (byte) Math.round(255 * Math.pow(Math.min(Math.max(light, 0), 1), exponent));
        }
        return exposed;
    }

    /** The same to all channels of a pixel. */
    private static void addNoise(byte[] pixels, int channels, float deviation, RandomKey.Stream random) {
        int perDraw = Long.SIZE / NORMAL_BITS;
        long bits = 0;
        int left = 0;
        for (int i = 0; i < pixels.length; i += channels) {
            if (left == 0) {
                bits = random.nextLong();
                left = perDraw;
            }
            int change = Math.round(deviation * NORMAL[(int) bits & NORMAL.length - 1]);
            bits >>>= NORMAL_BITS;
            left--;
            for (int c = i; c < i + channels; c++) {
                pixels[c] = (byte) Math.min(Math.max((pixels[c] & 0xFF) + change, 0), 255);
            }
        }
    }

    /**
     * One row of the result, bilinear between four source pixels, from {@code (x, y)} in steps of {@code (dx, dy)}; in fixed
     * point, positions in 1/65536 and shares in 1/2048 of a pixel.
     */
    private void sampleRow(
            Picture picture, double x, double y, double dx, double dy, byte[] exposed, byte[] into, int start) {
        int channels = picture.channels();
        int lastX = (picture.width() - 1) << 16;
        int lastY = (picture.height() - 1) << 16;
        int stride = picture.width() * channels;
        byte[] from = picture.pixels();
        int fromX = (int) Math.round(x * 65536);
        int fromY = (int) Math.round(y * 65536);
        int stepX = (int) Math.round(dx * 65536);
        int stepY = (int) Math.round(dy * 65536);
        int to = start;
        for (int i = 0; i < width; i++) {
            int atX = Math.min(Math.max(fromX, 0), lastX);
            int atY = Math.min(Math.max(fromY, 0), lastY);
            fromX += stepX;
            fromY += stepY;
            int rightShare = (atX & 0xFFFF) >> 5;
            int lowerShare = (atY & 0xFFFF) >> 5;
            int upper = (atY >> 16) * stride + (atX >> 16) * channels;
            int lower = upper + (atY < lastY ? stride : 0);
            int next = atX < lastX ? channels : 0;
            for (int c = 0; c < channels; c++) {
                int above =
                        (from[upper + c] & 0xFF) * (2048 - rightShare) + (from[upper + next + c] & 0xFF) * rightShare;
                int below =
                        (from[lower + c] & 0xFF) * (2048 - rightShare) + (from[lower + next + c] & 0xFF) * rightShare;
                into[to++] = exposed[(above * (2048 - lowerShare) + below * lowerShare + (1 << 21)) >> 22];
            }
        }
    }
}
