package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.image.DamagedImage;
import java.util.ArrayList;
import java.util.List;

/** What the main header, or that of a tile, says of how components are coded. */
final class Parameters {
    /** An order in which packets come, and its limits (ITU-T T.800, A.6.6). */
    record Progression(int order, int resolution0, int component0, int layers, int resolution1, int component1) {}

    int progressionOrder;
    int layers = 1;
    boolean colourTransform;
    boolean startMarkers;
    boolean endMarkers;
    final CodingStyle[] styles;
    final Quantisation[] quantisations;
    final int[] regionShifts;
    final List<Progression> progressions = new ArrayList<>();

    // which of the above a COC or QCC has set, that a COD or QCD does not change
    private final boolean[] ownStyle;
    private final boolean[] ownQuantisation;

    Parameters(int components) {
        styles = new CodingStyle[components];
        quantisations = new Quantisation[components];
        regionShifts = new int[components];
        ownStyle = new boolean[components];
        ownQuantisation = new boolean[components];
    }

    /** For a tile: the main header's, until its own header changes them. */
    Parameters copy() {
        Parameters copy = new Parameters(styles.length);
        copy.progressionOrder = progressionOrder;
        copy.layers = layers;
        copy.colourTransform = colourTransform;
        copy.startMarkers = startMarkers;
        copy.endMarkers = endMarkers;
        System.arraycopy(styles, 0, copy.styles, 0, styles.length);
        System.arraycopy(quantisations, 0, copy.quantisations, 0, styles.length);
        System.arraycopy(regionShifts, 0, copy.regionShifts, 0, styles.length);
        copy.progressions.addAll(progressions);
        return copy;
    }

    /** Takes a marker segment, if it is one of parameters. */
    void take(int marker, MarkerSegment in) {
        switch (marker) {
            case 0x52 -> coding(in);
            case 0x53 -> {
                int component = component(in);
                boolean ownPrecincts = (in.uint8() & 1) != 0;
                styles[component] = CodingStyle.read(in, ownPrecincts);
                ownStyle[component] = true;
            }
            case 0x5C -> {
                Quantisation all = Quantisation.read(in);
                for (int i = 0; i < quantisations.length; i++) {
                    quantisations[i] = ownQuantisation[i] ? quantisations[i] : all;
                }
            }
            case 0x5D -> {
                int component = component(in);
                quantisations[component] = Quantisation.read(in);
                ownQuantisation[component] = true;
            }
            case 0x5E -> {
                int component = component(in);
                if (in.uint8() != 0) {
                    throw new DamagedImage("its JPEG 2000 data have an unknown region of interest");
                }
                regionShifts[component] = in.uint8();
            }
            case 0x5F -> {
                if (in.left() > 7 * 64) {
                    throw new DamagedImage("its JPEG 2000 data change their progression too often");
                }
                progressions.clear();
                while (in.left() >= 7) {
                    int resolution0 = in.uint8();
                    int component0 = in.uint8();
                    int layers1 = in.uint16();
                    int resolution1 = in.uint8();
                    int component1 = in.uint8();
                    progressions.add(new Progression(
                            in.uint8(),
                            resolution0,
                            component0,
                            layers1,
                            resolution1,
                            component1 == 0 ? 256 : component1));
                }
            }
            case 0x60, 0x61 ->
                throw new DamagedImage("its JPEG 2000 data have packed packet headers, which are not supported");
            default -> {
                // lengths, comments and what only helps to find one's way
            }
        }
    }

    private void coding(MarkerSegment in) {
        int scod = in.uint8();
        startMarkers = (scod & 2) != 0;
        endMarkers = (scod & 4) != 0;
        progressionOrder = in.uint8();
        layers = in.uint16();
        colourTransform = in.uint8() == 1;
        if (layers < 1 || progressionOrder > 4) {
            throw new DamagedImage("its JPEG 2000 data have a coding style out of range");
        }
        CodingStyle all = CodingStyle.read(in, (scod & 1) != 0);
        for (int i = 0; i < styles.length; i++) {
            styles[i] = ownStyle[i] ? styles[i] : all;
        }
    }

    private int component(MarkerSegment in) {
        int component = in.uint8();
        if (component >= styles.length) {
            throw new DamagedImage("its JPEG 2000 data have settings of a component that they lack");
        }
        return component;
    }

    /** The orders in which packets come; without any of its own, the one of the coding style. */
    List<Progression> orders() {
        return progressions.isEmpty()
                ? List.of(new Progression(progressionOrder, 0, 0, layers, 33, 256))
                : progressions;
    }
}
