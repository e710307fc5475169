package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.image.DamagedImage;

/**
 * The steps of a component's sub-bands (ITU-T T.800, A.6.4 and annex E).
 *
 * @param style 0 none (reversible), 1 derived from the first, 2 one each
 * @param guardBits 0 to 7
 * @param exponents of the sub-bands, LL first, then HL, LH, HH of each resolution
 * @param mantissas of the same
 */
record Quantisation(int style, int guardBits, int[] exponents, int[] mantissas) {
    static Quantisation read(MarkerSegment in) {
        int sqcd = in.uint8();
        int style = sqcd & 0x1F;
        if (style > 2) {
            throw new DamagedImage("its JPEG 2000 data have an unknown quantisation");
        }
        int count = style == 1 ? 1 : in.left() / (style == 0 ? 1 : 2);
        int[] exponents = new int[count];
        int[] mantissas = new int[count];
        for (int i = 0; i < count; i++) {
            int step = style == 0 ? in.uint8() << 8 : in.uint16();
            exponents[i] = step >> 11;
            mantissas[i] = step & 0x7FF;
        }
        return new Quantisation(style, sqcd >> 5, exponents, mantissas);
    }

    private int index(int band) {
        int index = style == 1 ? 0 : band;
        if (index >= exponents.length) {
            throw new DamagedImage("its JPEG 2000 data lack the quantisation of a sub-band");
        }
        return index;
    }

    /**
     * The exponent of a sub-band.
     *
     * @param band its place in their order
     * @param above how many resolutions it lies above the first that has its size; what derived exponents shrink by
     */
    int exponent(int band, int above) {
        int exponent = exponents[index(band)];
        return style == 1 ? Math.max(0, exponent - above) : exponent;
    }

    /** The step, for a nominal range of so many bits. */
    float step(int band, int above, int range) {
        double mantissa = 1 + mantissas[index(band)] / 2048.0;
        return (float) (mantissa * Math.pow(2, range - exponent(band, above)));
    }
}
