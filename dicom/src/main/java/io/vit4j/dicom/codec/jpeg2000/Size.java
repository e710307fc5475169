package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;

/** The areas of a picture and of its tiles on the reference grid (ITU-T T.800, A.5.1). */
record Size(
        int x0, int y0, int x1, int y1, int tileX0, int tileY0, int tileWidth, int tileHeight, Component[] components) {
    private static final int MOST_COMPONENTS = 4;

    /**
     * A component.
     *
     * @param precision bits
     * @param signed whether its values are
     * @param dx between its samples on the reference grid
     * @param dy the same
     */
    record Component(int precision, boolean signed, int dx, int dy) {}

    static Size read(MarkerSegment in, DecodeOptions options) {
        in.uint16(); // capabilities
        int x1 = in.uint31();
        int y1 = in.uint31();
        int x0 = in.uint31();
        int y0 = in.uint31();
        int tileWidth = in.uint31();
        int tileHeight = in.uint31();
        int tileX0 = in.uint31();
        int tileY0 = in.uint31();
        options.refuseSize(x1 - x0, y1 - y0);
        if (tileWidth < 1
                || tileHeight < 1
                || tileX0 > x0
                || tileY0 > y0
                || tileX0 + (long) tileWidth <= x0
                || tileY0 + (long) tileHeight <= y0) {
            throw new DamagedImage("its JPEG 2000 data have tiles out of range");
        }
        int count = in.uint16();
        if (count < 1 || count > MOST_COMPONENTS) {
            throw new DamagedImage("its JPEG 2000 data have " + count + " components");
        }
        Component[] components = new Component[count];
        for (int i = 0; i < count; i++) {
            int depth = in.uint8();
            int dx = in.uint8();
            int dy = in.uint8();
            int precision = (depth & 0x7F) + 1;
            if (precision > 16 || dx < 1 || dy < 1) {
                throw new DamagedImage("its JPEG 2000 data have a component of " + precision + " bits");
            }
            components[i] = new Component(precision, (depth & 0x80) != 0, dx, dy);
        }
        return new Size(x0, y0, x1, y1, tileX0, tileY0, tileWidth, tileHeight, components);
    }

    int width() {
        return x1 - x0;
    }

    int height() {
        return y1 - y0;
    }

    int tilesAcross() {
        return (int) ((x1 - (long) tileX0 + tileWidth - 1) / tileWidth);
    }

    int tiles() {
        long down = (y1 - (long) tileY0 + tileHeight - 1) / tileHeight;
        long tiles = tilesAcross() * down;
        if (tiles > 65535) {
            throw new DamagedImage("its JPEG 2000 data have more tiles than they can number");
        }
        return (int) tiles;
    }

    /** A tile on the reference grid. */
    TileComponent.Resolution tile(int index) {
        long left = tileX0 + (long) (index % tilesAcross()) * tileWidth;
        long top = tileY0 + (long) (index / tilesAcross()) * tileHeight;
        return new TileComponent.Resolution(
                (int) Math.max(left, x0), (int) Math.max(top, y0), (int) Math.min(left + tileWidth, x1), (int)
                        Math.min(top + tileHeight, y1));
    }
}
