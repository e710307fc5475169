package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.image.DamagedImage;

/**
 * How a component of a tile is coded (ITU-T T.800, A.6.1 and A.6.2).
 *
 * @param levels of decomposition, 0 to 32
 * @param blockWidth exponent of a code-block's width
 * @param blockHeight exponent of its height
 * @param blockStyle bits of Table A.19
 * @param reversible whether by the 5/3 wavelet rather than the 9/7
 * @param precinctWidths exponents, by resolution
 * @param precinctHeights exponents, by resolution
 */
record CodingStyle(
        int levels,
        int blockWidth,
        int blockHeight,
        int blockStyle,
        boolean reversible,
        int[] precinctWidths,
        int[] precinctHeights) {
    private static final int HIGH_THROUGHPUT = 0x40;

    /** Reads what COD and COC have in common. */
    static CodingStyle read(MarkerSegment in, boolean ownPrecincts) {
        int levels = in.uint8();
        int width = in.uint8() + 2;
        int height = in.uint8() + 2;
        int style = in.uint8();
        int transform = in.uint8();
        if ((style & HIGH_THROUGHPUT) != 0) {
            throw new DamagedImage("its data are High-Throughput JPEG 2000, which is not supported");
        }
        if (levels > 32 || width > 10 || height > 10 || width + height > 12 || transform > 1) {
            throw new DamagedImage("its JPEG 2000 data have a coding style out of range");
        }
        int[] widths = new int[levels + 1];
        int[] heights = new int[levels + 1];
        for (int r = 0; r <= levels; r++) {
            int sizes = ownPrecincts ? in.uint8() : 0xFF;
            widths[r] = sizes & 0xF;
            heights[r] = sizes >> 4;
            if (r > 0 && (widths[r] == 0 || heights[r] == 0)) {
                throw new DamagedImage("its JPEG 2000 data have precincts without a size");
            }
        }
        return new CodingStyle(levels, width, height, style, transform == 1, widths, heights);
    }
}
