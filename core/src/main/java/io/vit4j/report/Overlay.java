package io.vit4j.report;

import io.vit4j.infer.Heatmap;
import java.awt.image.BufferedImage;

/** A heat map over a picture: in the colours of matplotlib's inferno, transparent where it is cold. */
final class Overlay {
    /** Points on the colour map, dark to light: perceptually even, so also for the colour-blind and in grey. */
    private static final int[] INFERNO = {
        0x000004, 0x1b0c41, 0x4a0c6b, 0x781c6d, 0xa52c60, 0xcf4446, 0xed6925, 0xfb9b06, 0xf7d13d, 0xfcffa4
    };

    private Overlay() {}

    /** The map alone, a pixel a cell. @param heat from 0 to 1 */
    static BufferedImage layer(Heatmap heat) {
        BufferedImage image = new BufferedImage(heat.columns(), heat.rows(), BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < heat.values().length; i++) {
            image.setRGB(i % heat.columns(), i / heat.columns(), argb(heat.values()[i]));
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
