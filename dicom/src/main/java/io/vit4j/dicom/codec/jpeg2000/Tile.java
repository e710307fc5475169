package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.image.DamagedImage;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A tile: its parts are gathered, then its packets read in their order, and its samples written into the picture. */
final class Tile {
    private static final int MOST_VISITS = 64; // a byte

    private static final Comparator<Precinct> BY_POSITION =
            Comparator.<Precinct>comparingLong(p -> p.y).thenComparingLong(p -> p.x);
    private static final Comparator<Precinct> BY_COMPONENT = Comparator.comparingInt(p -> p.component);
    private static final Comparator<Precinct> BY_RESOLUTION = Comparator.comparingInt(p -> p.resolution);
    private static final Comparator<Precinct> BY_NUMBER = Comparator.comparingInt(p -> p.number);

    final Parameters parameters;
    private final ByteArrayOutputStream packets = new ByteArrayOutputStream();
    private long visits; // of precincts, which a hostile order of packets could repeat without end
    private final Size size;
    private final TileComponent.Resolution area;

    Tile(Size size, int index, Parameters parameters) {
        this.size = size;
        this.parameters = parameters;
        area = size.tile(index);
    }

    void append(byte[] coded, int from, int to) {
        packets.write(coded, from, to - from);
    }

    /** Decodes the tile into its place in {@code [height, width, components]}. */
    void decode(int[] values, BlockDecoder decoder) {
        byte[] body = packets.toByteArray();
        int count = size.components().length;
        TileComponent[] components = new TileComponent[count];
        List<Precinct> precincts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (parameters.styles[i] == null || parameters.quantisations[i] == null) {
                throw new DamagedImage("its JPEG 2000 data do not say how they are coded");
            }
            components[i] = new TileComponent(
                    i,
                    componentArea(size.components()[i]),
                    area,
                    size.components()[i],
                    parameters.styles[i],
                    parameters.quantisations[i],
                    parameters.regionShifts[i],
                    body.length - precincts.size());
            precincts.addAll(components[i].precincts());
        }
        readPackets(body, precincts);
        if (parameters.colourTransform && count >= 3) {
            writeTransformed(values, components, decoder);
            writePlain(values, components, 3, decoder);
        } else {
            writePlain(values, components, 0, decoder);
        }
    }

    private TileComponent.Resolution componentArea(Size.Component c) {
        return new TileComponent.Resolution(
                divided(area.x0(), c.dx()),
                divided(area.y0(), c.dy()),
                divided(area.x1(), c.dx()),
                divided(area.y1(), c.dy()));
    }

    private static int divided(int value, int by) {
        return (int) ((value + (long) by - 1) / by);
    }

    private void readPackets(byte[] body, List<Precinct> precincts) {
        int at = 0;
        for (Parameters.Progression order : parameters.orders()) {
            List<Precinct> chosen = precincts.stream()
                    .filter(p -> p.resolution >= order.resolution0() && p.resolution < order.resolution1())
                    .filter(p -> p.component >= order.component0() && p.component < order.component1())
                    .toList();
            int layers = Math.min(order.layers(), parameters.layers);
            switch (order.order()) {
                case 0 -> at = byLayer(body, at, sorted(chosen, BY_RESOLUTION, BY_COMPONENT, BY_NUMBER), layers);
                case 1 -> {
                    for (int r = 0; r <= 32; r++) {
                        int resolution = r;
                        List<Precinct> ofIt = chosen.stream()
                                .filter(p -> p.resolution == resolution)
                                .toList();
                        at = byLayer(body, at, sorted(ofIt, BY_COMPONENT, BY_NUMBER), layers);
                    }
                }
                case 2 ->
                    at = layersTogether(
                            body, at, sorted(chosen, BY_RESOLUTION, BY_POSITION, BY_COMPONENT, BY_NUMBER), layers);
                case 3 ->
                    at = layersTogether(
                            body, at, sorted(chosen, BY_POSITION, BY_COMPONENT, BY_RESOLUTION, BY_NUMBER), layers);
                case 4 ->
                    at = layersTogether(
                            body, at, sorted(chosen, BY_COMPONENT, BY_POSITION, BY_RESOLUTION, BY_NUMBER), layers);
                default -> throw new DamagedImage("its JPEG 2000 data have an unknown progression");
            }
        }
    }

    @SafeVarargs
    private static List<Precinct> sorted(List<Precinct> precincts, Comparator<Precinct>... by) {
        Comparator<Precinct> all = by[0];
        for (int i = 1; i < by.length; i++) {
            all = all.thenComparing(by[i]);
        }
        return precincts.stream().sorted(all).toList();
    }

    private int byLayer(byte[] body, int from, List<Precinct> precincts, int layers) {
        int at = from;
        for (int layer = 0; layer < layers && !precincts.isEmpty(); layer++) {
            visits += precincts.size();
            if (visits > MOST_VISITS * (body.length + 1L)) {
                throw new DamagedImage("its JPEG 2000 data change their progression too often");
            }
            for (Precinct precinct : precincts) {
                if (precinct.layers == layer) {
                    at = packet(body, at, precinct);
                }
            }
        }
        return at;
    }

    private int layersTogether(byte[] body, int from, List<Precinct> precincts, int layers) {
        int at = from;
        for (Precinct precinct : precincts) {
            while (precinct.layers < layers) {
                at = packet(body, at, precinct);
            }
        }
        return at;
    }

    private int packet(byte[] body, int at, Precinct precinct) {
        int style = parameters.styles[precinct.component].blockStyle();
        return precinct.readPacket(body, at, style, parameters.startMarkers, parameters.endMarkers);
    }

    /** Components that no colour transform binds, each in its own sampling. */
    private void writePlain(int[] values, TileComponent[] components, int first, BlockDecoder decoder) {
        for (int c = first; c < components.length; c++) {
            TileComponent component = components[c];
            int[] samples = component.style().reversible()
                    ? component.reversible(decoder)
                    : rounded(component.irreversible(decoder));
            Size.Component sampling = size.components()[c];
            TileComponent.Resolution its = componentArea(sampling);
            for (int y = area.y0(); y < area.y1(); y++) {
                int row = Math.min(y / sampling.dy(), its.y1() - 1) - its.y0();
                int from = Math.max(0, row) * its.width();
                int to = place(area.x0(), y) + c;
                for (int x = area.x0(); x < area.x1(); x++, to += components.length) {
                    int column = Math.max(0, Math.min(x / sampling.dx(), its.x1() - 1) - its.x0());
                    values[to] = level(samples[from + column], sampling);
                }
            }
        }
    }

    private int place(int x, int y) {
        return ((y - size.y0()) * size.width() + x - size.x0()) * size.components().length;
    }

    private static int[] rounded(float[] samples) {
        int[] rounded = new int[samples.length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = Math.round(samples[i]);
        }
        return rounded;
    }

    /** The first three components, of which the transform (ITU-T T.800, annex G) makes red, green and blue. */
    private void writeTransformed(int[] values, TileComponent[] components, BlockDecoder decoder) {
        boolean reversible = components[0].style().reversible();
        for (int c = 1; c < 3; c++) {
            if (components[c].style().reversible() != reversible
                    || components[c].width() != components[0].width()
                    || components[c].height() != components[0].height()) {
                throw new DamagedImage("its JPEG 2000 data transform colours that do not fit together");
            }
        }
        if (components[0].width() != area.width() || components[0].height() != area.height()) {
            throw new DamagedImage("its JPEG 2000 data transform colours that are subsampled");
        }
        int[] red;
        int[] green;
        int[] blue;
        if (reversible) {
            red = components[0].reversible(decoder);
            green = components[1].reversible(decoder);
            blue = components[2].reversible(decoder);
            for (int i = 0; i < red.length; i++) {
                int middle = red[i] - (green[i] + blue[i] >> 2);
                red[i] = blue[i] + middle;
                blue[i] = green[i] + middle;
                green[i] = middle;
            }
        } else {
            float[] y = components[0].irreversible(decoder);
            float[] cb = components[1].irreversible(decoder);
            float[] cr = components[2].irreversible(decoder);
            red = new int[y.length];
            green = new int[y.length];
            blue = new int[y.length];
            for (int i = 0; i < y.length; i++) {
                red[i] = Math.round(y[i] + 1.402f * cr[i]);
                green[i] = Math.round(y[i] - 0.344136f * cb[i] - 0.714136f * cr[i]);
                blue[i] = Math.round(y[i] + 1.772f * cb[i]);
            }
        }
        int step = components.length;
        int from = 0;
        for (int y = area.y0(); y < area.y1(); y++) {
            int to = place(area.x0(), y);
            for (int x = 0; x < area.width(); x++, from++, to += step) {
                values[to] = level(red[from], size.components()[0]);
                values[to + 1] = level(green[from], size.components()[1]);
                values[to + 2] = level(blue[from], size.components()[2]);
            }
        }
    }

    /** Unsigned values were coded around their middle. */
    private static int level(int value, Size.Component component) {
        int middle = 1 << component.precision() - 1;
        int level = component.signed() ? value : value + middle;
        int least = component.signed() ? -middle : 0;
        return Math.min(Math.max(level, least), least + 2 * middle - 1);
    }
}
