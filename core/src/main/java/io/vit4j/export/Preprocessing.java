package io.vit4j.export;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.image.Filter;
import io.vit4j.image.ImageProcessor;
import io.vit4j.onnx.ElementType;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.PictureWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Tensors;

/**
 * A picture processor as the first nodes of a graph: {@code pixels} {@code [batch, height, width, channels]} uint8, of any size unless the
 * processor does not resize, are resized, cut, rescaled and normalised. Resizing is Pillow's but for a step of a byte in a few
 * pixels; all else is exact.
 *
 * @param processor of the model
 * @param channels of a picture
 */
record Preprocessing(ImageProcessor processor, int channels) {
    private static final int BYTES = 256;

    /**
     * {@code pixel_values}, {@code [batch, channels, height, width]} float32, of an input that is added.
     *
     * @throws InputException if the processor asks for steps that have no nodes
     */
    Value write(GraphWriter graph) {
        return graph.permute(normalised(graph, resized(graph)), 0, 3, 1, 2);
    }

    private Value resized(GraphWriter graph) {
        JsonObject settings = processor.toJson();
        boolean cuts = settings.bool("do_center_crop", false);
        if (!settings.bool("do_resize", true)) {
            if (cuts) {
                throw refused("cuts pictures without resizing them");
            }
            return graph.input(
                    "pixels", ElementType.UINT8, Value.BATCH, processor.height(), processor.width(), channels);
        }
        JsonObject size = settings.object("size");
        if (size.has("longest_edge")) {
            throw refused("limits the longer edge of pictures");
        }
        boolean bicubic = bicubic(Filter.of(settings.integer("resample")));
        PictureWriter pictures = new PictureWriter(graph);
        Value pixels = graph.input("pixels", ElementType.UINT8, Value.BATCH, Value.HEIGHT, Value.WIDTH, channels);
        int height = size.integer("height", size.integer("shortest_edge", 0));
        int width = size.integer("width", height);
        if (cuts && (height < processor.height() || width < processor.width())) {
            throw refused("cuts more than it leaves of a resized picture");
        }
        Value resized = size.has("shortest_edge")
                ? pictures.resize(pixels, pictures.withShortestEdge(pixels, height), bicubic, Value.HEIGHT, Value.WIDTH)
                : pictures.resize(pixels, graph.indices(height, width), bicubic, height, width);
        return cuts ? pictures.centre(resized, processor.height(), processor.width()) : resized;
    }

    private static boolean bicubic(Filter filter) {
        return switch (filter) {
            case BILINEAR -> false;
            case BICUBIC -> true;
            default -> throw refused("resizes by another filter than bilinear and bicubic");
        };
    }

    private static InputException refused(String what) {
        return new InputException(
                ImageProcessor.FILE + " " + what
                        + ", for which ONNX has no operator; leave --with-preprocessing out, and prepare pictures before the graph");
    }

    /** By the processor's table of what each byte becomes in each channel, so that all digits are the processor's. */
    private Value normalised(GraphWriter graph, Value pixels) {
        float[][] table = processor.normalisationTable();
        float[] flat = new float[channels * BYTES];
        long[] offsets = new long[channels];
        for (int channel = 0; channel < channels; channel++) {
            System.arraycopy(table[channel], 0, flat, channel * BYTES, BYTES);
            offsets[channel] = (long) channel * BYTES;
        }
        Value rows = graph.add(graph.toIndices(pixels), graph.indices(offsets));
        return graph.gather(graph.constant("normalisation", () -> Tensors.of(flat, flat.length)), rows);
    }
}
