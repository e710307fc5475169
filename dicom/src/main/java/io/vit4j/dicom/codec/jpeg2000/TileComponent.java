package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.image.DamagedImage;
import java.util.ArrayList;
import java.util.List;

/** A component of a tile: its resolutions, sub-bands and precincts (ITU-T T.800, B.5 to B.7), and its coefficients. */
final class TileComponent {
    private static final int MOST_PLANES = 30;

    /** The area of a resolution on its own grid. */
    record Resolution(int x0, int y0, int x1, int y1) {
        int width() {
            return x1 - x0;
        }

        int height() {
            return y1 - y0;
        }
    }

    private final CodingStyle style;
    private final int regionShift;
    private final Resolution[] resolutions;
    private final List<Precinct> precincts = new ArrayList<>();

    /**
     * Divides the area of a component.
     *
     * @param component its number
     * @param area on the component's grid
     * @param tile on the reference grid
     * @param mostPrecincts how many there may be
     */
    TileComponent(
            int component,
            Resolution area,
            Resolution tile,
            Size.Component sampling,
            CodingStyle style,
            Quantisation quantisation,
            int regionShift,
            int mostPrecincts) {
        this.style = style;
        this.regionShift = regionShift;
        int levels = style.levels();
        resolutions = new Resolution[levels + 1];
        for (int r = 0; r <= levels; r++) {
            int shift = levels - r;
            resolutions[r] = new Resolution(
                    ceil(area.x0(), shift), ceil(area.y0(), shift), ceil(area.x1(), shift), ceil(area.y1(), shift));
        }
        for (int r = 0; r <= levels; r++) {
            divide(component, r, area, tile, sampling, quantisation, mostPrecincts);
        }
    }

    private static int ceil(int value, int shift) {
        return shift > 31 ? (value > 0 ? 1 : 0) : (int) (value + (1L << shift) - 1 >> shift);
    }

    CodingStyle style() {
        return style;
    }

    List<Precinct> precincts() {
        return precincts;
    }

    int width() {
        return resolutions[style.levels()].width();
    }

    int height() {
        return resolutions[style.levels()].height();
    }

    private void divide(
            int component,
            int r,
            Resolution area,
            Resolution tile,
            Size.Component sampling,
            Quantisation quantisation,
            int mostPrecincts) {
        Resolution resolution = resolutions[r];
        if (resolution.width() <= 0 || resolution.height() <= 0) {
            return;
        }
        List<SubBand> bands = bands(r, area, sampling.precision(), quantisation);
        int px = style.precinctWidths()[r];
        int py = style.precinctHeights()[r];
        int firstColumn = resolution.x0() >> px;
        int firstRow = resolution.y0() >> py;
        int across = (resolution.x1() - 1 >> px) - firstColumn + 1;
        int down = (resolution.y1() - 1 >> py) - firstRow + 1;
        if ((long) across * down + precincts.size() > mostPrecincts) {
            throw new DamagedImage("its JPEG 2000 data have more precincts than they can describe");
        }
        int half = r == 0 ? 0 : 1; // sub-bands have half of the resolution's grid, but for LL
        int blockWidth = Math.min(style.blockWidth(), px - half);
        int blockHeight = Math.min(style.blockHeight(), py - half);
        int shift = style.levels() - r;
        for (int i = 0; i < across * down; i++) {
            long column = firstColumn + i % across;
            long row = firstRow + i / across;
            long x = Math.max(tile.x0(), reference(column << px, shift, sampling.dx()));
            long y = Math.max(tile.y0(), reference(row << py, shift, sampling.dy()));
            Precinct precinct = new Precinct(component, r, i, x, y);
            for (SubBand band : bands) {
                precinct.bands.add(new Precinct.Blocks(
                        band,
                        (int) Math.max(band.x0(), column << px - half),
                        (int) Math.max(band.y0(), row << py - half),
                        (int) Math.min(band.x1(), column + 1 << px - half),
                        (int) Math.min(band.y1(), row + 1 << py - half),
                        blockWidth,
                        blockHeight));
            }
            precincts.add(precinct);
        }
    }

    private static long reference(long place, int shift, int sampling) {
        return place == 0 ? 0 : shift > 31 ? Long.MAX_VALUE : (place << shift) * sampling;
    }

    private List<SubBand> bands(int r, Resolution area, int precision, Quantisation quantisation) {
        int level = r == 0 ? style.levels() : style.levels() - r + 1; // of decomposition
        List<SubBand> bands = new ArrayList<>(3);
        for (int kind = r == 0 ? 0 : 1; kind <= (r == 0 ? 0 : 3); kind++) {
            int right = kind & 1;
            int below = kind >> 1;
            int index = r == 0 ? 0 : 3 * (r - 1) + kind;
            int above = r == 0 ? 0 : r - 1;
            int gain = right + below;
            int planes = quantisation.guardBits() + quantisation.exponent(index, above) - 1;
            if (planes + regionShift > MOST_PLANES) {
                throw new DamagedImage("its JPEG 2000 data have more than " + MOST_PLANES + " bit planes");
            }
            bands.add(new SubBand(
                    kind == 3 ? 2 : kind == 1 ? 1 : 0,
                    band(area.x0(), level, right),
                    band(area.y0(), level, below),
                    band(area.x1(), level, right),
                    band(area.y1(), level, below),
                    right == 1 ? resolutions[r - 1].width() : 0,
                    below == 1 ? resolutions[r - 1].height() : 0,
                    planes + regionShift,
                    quantisation.step(index, above, precision + gain)));
        }
        return bands;
    }

    /** Equation B-15. */
    private static int band(int value, int level, int high) {
        if (level == 0) {
            return value;
        }
        if (level > 31) {
            return high == 0 && value > 0 ? 1 : 0;
        }
        long half = (long) high << level - 1;
        return (int) (value - half + (1L << level) - 1 >> level);
    }

    /** The samples, {@code [height, width]}, of a reversible transform. */
    int[] reversible(BlockDecoder decoder) {
        int[] values = new int[Math.multiplyExact(width(), height())];
        forEachBlock(decoder, (band, decoded, block, to, from) -> {
            for (int x = 0; x < block.width(); x++) {
                values[to + x] = unshifted(decoded[from + x]) / 2;
            }
        });
        for (int r = 1; r <= style.levels(); r++) {
            InverseWavelet.reversible(values, width(), resolutions[r]);
        }
        return values;
    }

    /** The samples, {@code [height, width]}, of the irreversible transform. */
    float[] irreversible(BlockDecoder decoder) {
        float[] values = new float[Math.multiplyExact(width(), height())];
        forEachBlock(decoder, (band, decoded, block, to, from) -> {
            float step = band.step() / 2;
            for (int x = 0; x < block.width(); x++) {
                values[to + x] = unshifted(decoded[from + x]) * step;
            }
        });
        for (int r = 1; r <= style.levels(); r++) {
            InverseWavelet.irreversible(values, width(), resolutions[r]);
        }
        return values;
    }

    /** Regions of interest were shifted above all else (annex H). */
    private int unshifted(int value) {
        return regionShift > 0 && Math.abs(value) >> 1 >= 1 << regionShift
                ? value > 0 ? value >> regionShift : -(-value >> regionShift)
                : value;
    }

    /** Takes a row of a block's coefficients. */
    private interface RowVisitor {
        void row(SubBand band, int[] decoded, CodeBlock block, int to, int from);
    }

    private void forEachBlock(BlockDecoder decoder, RowVisitor visitor) {
        for (Precinct precinct : precincts) {
            for (Precinct.Blocks part : precinct.bands) {
                for (CodeBlock block : part.blocks) {
                    int planes = part.band.planes() - block.zeroPlanes();
                    if (!block.included() || planes <= 0) {
                        continue;
                    }
                    int[] decoded = decoder.decode(block, part.band.orientation(), planes, style.blockStyle());
                    for (int y = 0; y < block.height(); y++) {
                        int to = (part.band.top() + block.top() + y) * width() + part.band.left() + block.left();
                        visitor.row(part.band, decoded, block, to, y * block.width());
                    }
                }
            }
        }
    }
}
