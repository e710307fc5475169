package io.vit4j.report;

import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import io.vit4j.infer.Heatmap;
import java.awt.image.BufferedImage;
import java.nio.file.Path;

/** A heat map over a picture: in the colours of matplotlib's inferno, transparent where it is cold. */
public final class Overlay {
    /** Points on the colour map, dark to light: perceptually even, so also for the colour-blind and in grey. */
    private static final int[] INFERNO = {
        0x000004, 0x1b0c41, 0x4a0c6b, 0x781c6d, 0xa52c60, 0xcf4446, 0xed6925, 0xfb9b06, 0xf7d13d, 0xfcffa4
    };

    /** How much of the hottest place's own grey is covered. */
    private static final float STRENGTH = 0.65f;

    private Overlay() {}

    /**
     * Writes a picture at its full resolution with the map over it.
     *
     * @param seen what of the picture the map covers ({@code processor.seen(height, width)})
     */
    public static void write(Path png, Picture original, ImageProcessor.Region seen, Heatmap heatmap) {
        Canvas.writePng(png, draw(original, seen, heatmap));
    }

    /** {@return the same as the bytes of a PNG, which no file has held} */
    public static byte[] png(Picture original, ImageProcessor.Region seen, Heatmap heatmap) {
        BufferedImage image = draw(original, seen, heatmap);
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(image.getWidth(), image.getHeight()))];
        int[] row = new int[image.getWidth()];
        for (int y = 0, at = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, row.length, 1, row, 0, row.length);
            for (int colour : row) {
                rgb[at++] = (byte) (colour >> 16);
                rgb[at++] = (byte) (colour >> 8);
                rgb[at++] = (byte) colour;
            }
        }
        return PngEncoder.encodeFast(new Picture(image.getWidth(), image.getHeight(), 3, rgb));
    }

    /**
     * Draws a picture at its full resolution with the map over it.
     *
     * @param seen what of the picture the map covers ({@code processor.seen(height, width)})
     * @return in colours
     */
    public static BufferedImage draw(Picture original, ImageProcessor.Region seen, Heatmap heatmap) {
        Heatmap heat = heatmap.legible().scaled();
        BufferedImage image = new BufferedImage(original.width(), original.height(), BufferedImage.TYPE_INT_RGB);
        byte[] pixels = original.pixels();
        int step = original.channels();
        int[] row = new int[original.width()];
        for (int y = 0; y < original.height(); y++) {
            double down = (y + 0.5 - seen.top()) / seen.height();
            for (int x = 0; x < original.width(); x++) {
                double across = (x + 0.5 - seen.left()) / seen.width();
                int at = (y * original.width() + x) * step;
                boolean inside = down >= 0 && down <= 1 && across >= 0 && across <= 1;
                int over = inside ? argb(heat.at(down, across)) : 0;
                float opacity = STRENGTH * (over >>> 24) / 255;
                row[x] = mixed(pixels[at] & 0xFF, over >> 16 & 0xFF, opacity) << 16
                        | mixed(pixels[at + (step == 3 ? 1 : 0)] & 0xFF, over >> 8 & 0xFF, opacity) << 8
                        | mixed(pixels[at + (step == 3 ? 2 : 0)] & 0xFF, over & 0xFF, opacity);
            }
            image.setRGB(0, y, row.length, 1, row, 0, row.length);
        }
        return image;
    }

    private static int mixed(int under, int over, float opacity) {
        return Math.round(under + opacity * (over - under));
    }

    /** The map alone, smooth. @param heat from 0 to 1 */
    static BufferedImage layer(Heatmap heat, int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, argb(heat.at((y + 0.5) / height, (x + 0.5) / width)));
            }
        }
        return image;
    }

    /** The colour of a heat from 0 to 1: transparent below a quarter, opaque from three quarters on. */
    static int argb(float heat) {
        float place = Math.max(0, Math.min(1, heat)) * (INFERNO.length - 1);
        int from = Math.min(INFERNO.length - 2, (int) place);
        float share = place - from;
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int a = INFERNO[from] >> shift & 0xFF;
            int b = INFERNO[from + 1] >> shift & 0xFF;
            rgb |= Math.round(a + share * (b - a)) << shift;
        }
        int alpha = Math.round(255 * Math.max(0, Math.min(1, 2 * heat - 0.5f)));
        return alpha << 24 | rgb;
    }
}
