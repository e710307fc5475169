package io.vit4j.onnx;

import java.util.List;

/** What a graph does to pictures, {@code [batch, rows, columns, channels]} uint8, whose sides may be open. */
public final class PictureWriter {
    private static final long ROWS = 1;
    private static final long COLUMNS = 2;
    private static final float PILLOWS_CUBIC = -0.5f;

    private final GraphWriter writer;
    private final OnnxGraph graph;

    /** Writes to that graph. */
    public PictureWriter(GraphWriter writer) {
        this.writer = writer;
        graph = writer.graph();
    }

    /**
     * Resized as Pillow does, with antialiasing: in onnxruntime, few bytes differ, by 1.
     *
     * @param sides rows and columns of the result, {@code [2]}
     * @param bicubic or bilinear
     * @param height rows, or {@link Value#HEIGHT}
     * @param width columns, or {@link Value#WIDTH}
     */
    public Value resize(Value pictures, Value sides, boolean bicubic, long height, long width) {
        Value left = new Value("", ElementType.FLOAT, List.of()); // an input that is not given
        return graph.add(
                "Resize",
                pictures.type(),
                List.of(pictures.size(0), height, width, pictures.size(3)),
                List.of(pictures, left, left, sides),
                Attribute.of("antialias", 1L),
                Attribute.of("exclude_outside", 1L),
                Attribute.of("mode", bicubic ? "cubic" : "linear"),
                Attribute.of("cubic_coeff_a", PILLOWS_CUBIC),
                Attribute.of("axes", ROWS, COLUMNS));
    }

    /** Rows and columns of pictures whose shorter side is made that long, the longer one cut to a whole number; {@code [2]}. */
    public Value withShortestEdge(Value pictures, long edge) {
        Value sides = sides(pictures);
        Value shortest =
                graph.add("ReduceMin", ElementType.INT64, List.of(1L), List.of(sides), Attribute.of("keepdims", 1L));
        return writer.div(writer.mul(sides, writer.indices(edge)), shortest);
    }

    /** The middle of pictures that are no smaller. */
    public Value centre(Value pictures, long height, long width) {
        Value size = writer.indices(height, width);
        Value start = writer.div(writer.sub(sides(pictures), size), writer.indices(2));
        return graph.add(
                "Slice",
                pictures.type(),
                List.of(pictures.size(0), height, width, pictures.size(3)),
                List.of(pictures, start, writer.add(start, size), writer.indices(ROWS, COLUMNS)));
    }

    private Value sides(Value pictures) {
        return graph.add(
                "Shape",
                ElementType.INT64,
                List.of(2L),
                List.of(pictures),
                Attribute.of("start", ROWS),
                Attribute.of("end", COLUMNS + 1));
    }
}
