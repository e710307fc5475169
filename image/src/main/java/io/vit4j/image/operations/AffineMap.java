package io.vit4j.image.operations;

import io.vit4j.image.Filter;
import io.vit4j.image.Picture;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;

/**
 * Where each point of the result comes from, {@code (a x + b y + c, d x + e y + f)} in pixels from the upper left corner, as
 * Pillow's {@code Image.transform(size, Image.AFFINE, ...)} takes it. The result has the picture's size.
 */
public record AffineMap(double a, double b, double c, double d, double e, double f) {
    private static final int DIGITS = 15;

    /** Beyond it Pillow leaves fixed point for floating point. */
    private static final double LARGEST_FIXED = 32768;

    /**
     * A turn about the middle, as Pillow's {@code Image.rotate}.
     *
     * @param degrees counter-clockwise
     */
    public static AffineMap rotation(int width, int height, double degrees) {
        double angle = -Math.toRadians(floorMod(degrees, 360));
        double cos = rounded(Math.cos(angle));
        double sin = rounded(Math.sin(angle));
        double middleX = width / 2.0;
        double middleY = height / 2.0;
        return new AffineMap(
                cos,
                sin,
                cos * -middleX + sin * -middleY + middleX,
                rounded(-Math.sin(angle)),
                cos,
                rounded(-Math.sin(angle)) * -middleX + cos * -middleY + middleY);
    }

    /**
     * A turn, shear and change of size about a centre, then a shift: torchvision's {@code _get_inverse_affine_matrix}.
     *
     * @param centreX of turn, shear and size, in pixels
     * @param centreY the same along the columns
     * @param degrees of the turn, clockwise
     * @param right shift in pixels
     * @param down shift in pixels
     * @param scale above 0; 1 leaves the size as it is
     * @param shearX degrees of the shear along the rows
     * @param shearY degrees of the shear along the columns
     */
    public static AffineMap of(
            double centreX,
            double centreY,
            double degrees,
            double right,
            double down,
            double scale,
            double shearX,
            double shearY) {
        double turn = Math.toRadians(degrees);
        double alongX = Math.toRadians(shearX);
        double alongY = Math.toRadians(shearY);
        double cos = Math.cos(turn - alongY) / Math.cos(alongY);
        double sin = Math.sin(turn - alongY) / Math.cos(alongY);
        double upperLeft = cos;
        double upperRight = -Math.cos(turn - alongY) * Math.tan(alongX) / Math.cos(alongY) - Math.sin(turn);
        double lowerLeft = sin;
        double lowerRight = -Math.sin(turn - alongY) * Math.tan(alongX) / Math.cos(alongY) + Math.cos(turn);
        double a = lowerRight / scale;
        double b = -upperRight / scale;
        double d = -lowerLeft / scale;
        double e = upperLeft / scale;
        double c = a * (-centreX - right) + b * (-centreY - down) + centreX;
        double f = d * (-centreX - right) + e * (-centreY - down) + centreY;
        return new AffineMap(a, b, c, d, e, f);
    }

    private static double floorMod(double value, double by) {
        double rest = value % by;
        return rest < 0 ? rest + by : rest;
    }

    private static double rounded(double value) {
        return new BigDecimal(value).setScale(DIGITS, RoundingMode.HALF_EVEN).doubleValue();
    }

    /**
     * The picture seen through the map, with Pillow's pixels.
     *
     * @param filter {@code NEAREST} or {@code BILINEAR}
     * @param fill level of what lies outside the picture, 0 to 255
     */
    public Picture apply(Picture picture, Filter filter, int fill) {
        byte[] pixels = new byte[picture.pixels().length];
        if (fill != 0) {
            Arrays.fill(pixels, (byte) fill);
        }
        switch (filter) {
            case NEAREST -> nearest(picture, pixels);
            case BILINEAR -> bilinear(picture, pixels);
            default -> throw new IllegalArgumentException(filter + " is not a filter of affine maps");
        }
        return new Picture(picture.width(), picture.height(), picture.channels(), pixels);
    }

    private void nearest(Picture picture, byte[] into) {
        if (b == 0 && d == 0) {
            scaled(picture, into);
        } else if (fixed(0, 0)
                && fixed(picture.width(), picture.height())
                && fixed(0, picture.height())
                && fixed(picture.width(), 0)) {
            inFixedPoint(picture, into);
        } else {
            inFloatingPoint(picture, into);
        }
    }

    private boolean fixed(int x, int y) {
        return Math.abs(x * a + y * b + c) < LARGEST_FIXED && Math.abs(x * d + y * e + f) < LARGEST_FIXED;
    }

    /** Rows and columns by themselves, stepping by adding, so that rounding errors are Pillow's. */
    private void scaled(Picture picture, byte[] into) {
        int width = picture.width();
        int channels = picture.channels();
        int[] columns = steps(c + a * 0.5, a, width);
        int[] rows = steps(f + e * 0.5, e, picture.height());
        for (int y = 0; y < rows.length; y++) {
            if (rows[y] >= 0) {
                for (int x = 0; x < width; x++) {
                    if (columns[x] >= 0) {
                        copy(picture, rows[y] * width + columns[x], into, y * width + x, channels);
                    }
                }
            }
        }
    }

    /** Which source pixel each comes from; -1: none. */
    private static int[] steps(double first, double step, int size) {
        int[] sources = new int[size];
        double at = first;
        for (int i = 0; i < size; i++) {
            sources[i] = at >= 0 && at < size ? (int) at : -1;
            at += step;
        }
        return sources;
    }

    private void inFixedPoint(Picture picture, byte[] into) {
        int width = picture.width();
        int height = picture.height();
        int channels = picture.channels();
        byte[] from = picture.pixels();
        int rowX = fix(c + a * 0.5 + b * 0.5);
        int rowY = fix(f + d * 0.5 + e * 0.5);
        int stepX = fix(a);
        int stepY = fix(d);
        int downX = fix(b);
        int downY = fix(e);
        int to = 0;
        for (int y = 0; y < height; y++) {
            int atX = rowX;
            int atY = rowY;
            for (int x = 0; x < width; x++) {
                int sourceX = atX >> 16;
                int sourceY = atY >> 16;
                if (sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height) {
                    int source = (sourceY * width + sourceX) * channels;
                    into[to] = from[source];
                    if (channels == 3) {
                        into[to + 1] = from[source + 1];
                        into[to + 2] = from[source + 2];
                    }
                }
                to += channels;
                atX += stepX;
                atY += stepY;
            }
            rowX += downX;
            rowY += downY;
        }
    }

    private static int fix(double value) {
        return (int) Math.floor(value * 65536 + 0.5);
    }

    private void inFloatingPoint(Picture picture, byte[] into) {
        int width = picture.width();
        double rowX = c + b * 0.5 + a * 0.5;
        double rowY = f + e * 0.5 + d * 0.5;
        for (int y = 0; y < picture.height(); y++) {
            double atX = rowX;
            double atY = rowY;
            for (int x = 0; x < width; x++) {
                if (atX >= 0 && atX < width && atY >= 0 && atY < picture.height()) {
                    copy(picture, (int) atY * width + (int) atX, into, y * width + x, picture.channels());
                }
                atX += a;
                atY += d;
            }
            rowX += b;
            rowY += e;
        }
    }

    private static void copy(Picture picture, int source, byte[] into, int target, int channels) {
        for (int channel = 0; channel < channels; channel++) {
            into[target * channels + channel] = picture.pixels()[source * channels + channel];
        }
    }

    private void bilinear(Picture picture, byte[] into) {
        int width = picture.width();
        int height = picture.height();
        int channels = picture.channels();
        byte[] from = picture.pixels();
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double atX = a * (x + 0.5) + b * (y + 0.5) + c;
                double atY = d * (x + 0.5) + e * (y + 0.5) + f;
                if (!(atX >= 0 && atX < width && atY >= 0 && atY < height)) {
                    continue;
                }
                int left = (int) Math.floor(atX - 0.5);
                int upper = (int) Math.floor(atY - 0.5);
                double shareX = atX - 0.5 - left;
                double shareY = atY - 0.5 - upper;
                int columnLeft = Math.max(left, 0) * channels;
                int columnRight = Math.min(left + 1, width - 1) * channels;
                int rowUpper = Math.max(upper, 0) * width * channels;
                int rowLower = (upper + 1 < height ? upper + 1 : upper) * width * channels;
                for (int channel = 0; channel < channels; channel++) {
                    double above = between(from, rowUpper + channel, columnLeft, columnRight, shareX);
                    double below = between(from, rowLower + channel, columnLeft, columnRight, shareX);
                    into[(y * width + x) * channels + channel] = (byte) (int) (above + (below - above) * shareY);
                }
            }
        }
    }

    private static double between(byte[] from, int row, int left, int right, double share) {
        int first = from[row + left] & 0xFF;
        return first + ((from[row + right] & 0xFF) - first) * share;
    }
}
