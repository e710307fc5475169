package io.vit4j.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.util.Arrays;
import java.util.Set;

/**
 * What a {@code preprocessor_config.json} says, in its old key style ({@code "size": 224}) or its new one
 * ({@code "size": {"height": 224, "width": 224}}, {@code {"shortest_edge": 256}}); absent keys have the defaults of
 * transformers' {@code ViTImageProcessor}.
 *
 * @param mean a value a channel
 * @param std a value a channel
 */
record ProcessorSettings(
        boolean doResize,
        Size size,
        Filter resample,
        boolean doCenterCrop,
        int cropHeight,
        int cropWidth,
        boolean doRescale,
        double rescaleFactor,
        boolean doNormalize,
        double[] mean,
        double[] std) {
    private static final int LARGEST = 1 << 14;
    private static final double[] HALVES = {0.5, 0.5, 0.5};

    static final ProcessorSettings DEFAULTS = new ProcessorSettings(
            true, new Fixed(224, 224), Filter.BILINEAR, false, 224, 224, true, 1 / 255.0, true, HALVES, HALVES);

    /** Processors that do what this one can do; others have steps of their own. */
    private static final Set<String> ALIKE = Set.of(
            "ViTImageProcessor",
            "ViTFeatureExtractor",
            "ViTImageProcessorFast",
            "ViTImageProcessorPil",
            "DeiTImageProcessor",
            "DeiTFeatureExtractor",
            "DeiTImageProcessorFast",
            "DeiTImageProcessorPil",
            "CLIPImageProcessor",
            "CLIPFeatureExtractor",
            "CLIPImageProcessorFast",
            "BitImageProcessor",
            "BitImageProcessorFast",
            "SiglipImageProcessor",
            "SiglipImageProcessorFast");

    /** What a picture is resized to. */
    sealed interface Size {
        void write(ObjectNode json);
    }

    /** Always the same. */
    record Fixed(int height, int width) implements Size {
        @Override
        public void write(ObjectNode json) {
            json.put("height", height).put("width", width);
        }
    }

    /** The shorter edge gets that length, the longer one follows. */
    record ShortestEdge(int length) implements Size {
        @Override
        public void write(ObjectNode json) {
            json.put("shortest_edge", length);
        }
    }

    /** Rows of the result. */
    int height() {
        return doCenterCrop ? cropHeight : ((Fixed) size).height();
    }

    /** Columns of the result. */
    int width() {
        return doCenterCrop ? cropWidth : ((Fixed) size).width();
    }

    /** {@code [height, width]} that a picture of this size is resized to. */
    int[] resizedTo(int height, int width) {
        if (size instanceof Fixed fixed) {
            return new int[] {fixed.height(), fixed.width()};
        }
        int edge = ((ShortestEdge) size).length();
        // as transformers' get_resize_output_image_size: the quotient is cut, not rounded
        int longer = (int) ((double) ((long) edge * Math.max(height, width)) / Math.min(height, width));
        if (longer > LARGEST) {
            throw new InputException("a picture of " + width + "x" + height + " would become " + longer
                    + " long with its shorter edge at " + edge + "; crop it first");
        }
        return width <= height ? new int[] {longer, edge} : new int[] {edge, longer};
    }

    ProcessorSettings withSize(int height, int width) {
        return new ProcessorSettings(
                true,
                new Fixed(height, width),
                resample,
                false,
                height,
                width,
                doRescale,
                rescaleFactor,
                doNormalize,
                mean,
                std);
    }

    static ProcessorSettings of(ObjectNode json, String source) {
        Reader reader = new Reader(json, source);
        reader.requireKnownType();
        boolean crop = reader.bool("do_center_crop", DEFAULTS.doCenterCrop);
        Size size = reader.size();
        int[] cropSize = crop ? reader.pair("crop_size", 224) : new int[] {224, 224};
        if (!crop && !(size instanceof Fixed)) {
            throw new InputException(
                    source + ": \"size\" gives pictures of different sizes (shortest_edge) and nothing crops"
                            + " them; set do_center_crop and crop_size, or size to a height and a width");
        }
        return new ProcessorSettings(
                reader.bool("do_resize", true),
                size,
                reader.filter(),
                crop,
                cropSize[0],
                cropSize[1],
                reader.bool("do_rescale", true),
                reader.number("rescale_factor", 1 / 255.0),
                reader.bool("do_normalize", true),
                reader.channels("image_mean", false),
                reader.channels("image_std", true));
    }

    /** Typed reading, each error naming file and key. */
    private record Reader(ObjectNode json, String source) {
        private InputException wrong(String key, String expected) {
            return new InputException(source + ": \"" + key + "\" is " + Json.describe(json.get(key)) + " ("
                    + json.get(key) + "), not " + expected + "; correct it");
        }

        void requireKnownType() {
            for (String key : new String[] {"image_processor_type", "feature_extractor_type"}) {
                if (json.hasNonNull(key) && !ALIKE.contains(json.get(key).asText())) {
                    throw new InputException(source + ": \"" + key + "\" is " + json.get(key)
                            + ", which prepares pictures in a way of its own; vit4j knows ViTImageProcessor's");
                }
            }
        }

        boolean bool(String key, boolean otherwise) {
            if (!json.hasNonNull(key)) {
                return otherwise;
            }
            if (!json.get(key).isBoolean()) {
                throw wrong(key, "true or false");
            }
            return json.get(key).booleanValue();
        }

        double number(String key, double otherwise) {
            if (!json.hasNonNull(key)) {
                return otherwise;
            }
            if (!json.get(key).isNumber() || !Double.isFinite(json.get(key).doubleValue())) {
                throw wrong(key, "a number");
            }
            return json.get(key).doubleValue();
        }

        Filter filter() {
            if (!json.hasNonNull("resample")) {
                return Filter.BILINEAR;
            }
            if (!json.get("resample").isInt()) {
                throw wrong("resample", "a number from 0 to 5");
            }
            return Filter.of(json.get("resample").intValue());
        }

        double[] channels(String key, boolean divisor) {
            JsonNode node = json.get(key);
            if (node == null || node.isNull()) {
                return HALVES;
            }
            double[] values = new double[3];
            boolean list = node.isArray() && (node.size() == 3 || node.size() == 1);
            if (!list && !node.isNumber()) {
                throw wrong(key, "a number a channel");
            }
            for (int i = 0; i < 3; i++) {
                JsonNode value = list ? node.get(Math.min(i, node.size() - 1)) : node;
                values[i] = value.doubleValue();
                if (!value.isNumber() || !Double.isFinite(values[i]) || (divisor && (float) values[i] == 0)) {
                    throw wrong(key, "a number a channel" + (divisor ? " other than 0" : ""));
                }
            }
            return values;
        }

        Size size() {
            JsonNode node = json.get("size");
            if (node != null && node.isObject() && node.hasNonNull("shortest_edge")) {
                return new ShortestEdge(length("size", node.get("shortest_edge")));
            }
            int[] pair = pair("size", 224);
            return new Fixed(pair[0], pair[1]);
        }

        /** A number, [height, width], or an object with both. */
        int[] pair(String key, int otherwise) {
            JsonNode node = json.get(key);
            if (node == null || node.isNull()) {
                return new int[] {otherwise, otherwise};
            }
            if (node.isObject() && node.hasNonNull("height") && node.hasNonNull("width")) {
                return new int[] {length(key, node.get("height")), length(key, node.get("width"))};
            }
            if (node.isArray() && node.size() == 2) {
                return new int[] {length(key, node.get(0)), length(key, node.get(1))};
            }
            int both = length(key, node);
            return new int[] {both, both};
        }

        private int length(String key, JsonNode node) {
            if (!node.isIntegralNumber()
                    || !node.canConvertToInt()
                    || node.intValue() < 1
                    || node.intValue() > LARGEST) {
                throw wrong(key, "a size from 1 to " + LARGEST + " (a number, or \"height\" and \"width\")");
            }
            return node.intValue();
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ProcessorSettings that && toString().equals(that.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    @Override
    public String toString() {
        return "ProcessorSettings[resize " + doResize + " to " + size + " by " + resample + ", crop " + doCenterCrop
                + " to "
                + cropHeight + "x" + cropWidth + ", rescale " + doRescale + " by " + rescaleFactor + ", normalize "
                + doNormalize + " by " + Arrays.toString(mean) + " and " + Arrays.toString(std) + "]";
    }
}
