package io.vit4j.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import java.util.List;
import java.util.Map;

/**
 * Reads {@code preprocessor_config.json} in its old key style ({@code "size": 224}) or its new one ({@code "size":
 * {"height": 224, "width": 224}}, {@code {"shortest_edge": 256}}). What it leaves out has the defaults of its own class of
 * image processor in transformers 5.12; each error names file and key.
 */
final class ProcessorSettingsReader {
    private static final List<Double> HALVES = List.of(0.5, 0.5, 0.5);
    private static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    private static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);
    private static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);
    private static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);
    private static final TargetSize.Fixed USUAL = new TargetSize.Fixed(224, 224);
    private static final TargetSize.ShortestEdge USUAL_EDGE = new TargetSize.ShortestEdge(224);

    /** @param numberIsEdge that a plain number for {@code size} is the shortest edge's length */
    private record Defaults(
            TargetSize size,
            boolean numberIsEdge,
            Filter resample,
            boolean crop,
            List<Double> mean,
            List<Double> std) {}

    private static final String CONVNEXT = "ConvNext";

    /** From this length on ConvNeXt's processor shows the whole picture. */
    private static final int CONVNEXT_WHOLE = 384;

    private static final String CROP_SHARE = "crop_pct";

    /** Processors that do what is done here; others have steps of their own. */
    private static final Map<String, Defaults> KNOWN = Map.of(
            "ViT",
            new Defaults(USUAL, false, Filter.BILINEAR, false, HALVES, HALVES),
            "DeiT",
            new Defaults(new TargetSize.Fixed(256, 256), false, Filter.BICUBIC, true, HALVES, HALVES),
            "CLIP",
            new Defaults(USUAL_EDGE, true, Filter.BICUBIC, true, CLIP_MEAN, CLIP_STD),
            "Bit",
            new Defaults(USUAL_EDGE, true, Filter.BICUBIC, true, CLIP_MEAN, CLIP_STD),
            "DINOv3ViT",
            new Defaults(USUAL, false, Filter.BILINEAR, false, IMAGENET_MEAN, IMAGENET_STD),
            CONVNEXT,
            new Defaults(new TargetSize.ShortestEdge(384), true, Filter.BICUBIC, false, HALVES, HALVES),
            "Siglip",
            new Defaults(USUAL, true, Filter.BICUBIC, false, HALVES, HALVES));

    /** Settings that change pixels in ways not done here. */
    private static final List<String> BEYOND = List.of(
            CROP_SHARE, "do_pad", "do_flip_channel_order", "do_thumbnail", "do_align_long_axis", "size_divisor");

    private final ObjectNode json;
    private final String source;

    ProcessorSettingsReader(JsonObject json) {
        this.json = Json.untyped(json);
        this.source = json.source();
    }

    ProcessorSettings read() {
        Defaults defaults = defaults();
        boolean convNext = defaults.equals(KNOWN.get(CONVNEXT));
        for (String key : BEYOND) {
            boolean known = convNext && key.equals(CROP_SHARE);
            if (!known && json.hasNonNull(key) && !json.get(key).equals(json.booleanNode(false))) {
                throw beyond(key);
            }
        }
        boolean resize = bool("do_resize", true);
        boolean crop = bool("do_center_crop", defaults.crop());
        TargetSize size = size(defaults);
        if (convNext) {
            return convNext(defaults, resize, crop, size);
        }
        if (!crop && !(size instanceof TargetSize.Fixed)) {
            throw new InputException(
                    source + ": \"size\" gives pictures of different sizes (shortest_edge) and nothing crops"
                            + " them; set do_center_crop and crop_size, or size to a height and a width");
        }
        return settings(
                defaults,
                resize,
                size,
                crop,
                json.hasNonNull("crop_size") ? fixed("crop_size", json.get("crop_size")) : USUAL);
    }

    private InputException beyond(String key) {
        return new InputException(source + ": \"" + key
                + "\" asks for a step that vit4j does not support; it supports those of ViTImageProcessor");
    }

    /**
     * ConvNeXt's: the shortest edge is resized to more than is asked, and the middle cut out, so that {@code crop_pct} of it is seen; large
     * pictures are seen whole. It says so in other steps than its own.
     */
    private ProcessorSettings convNext(Defaults defaults, boolean resize, boolean crop, TargetSize asked) {
        if (crop) {
            throw beyond("do_center_crop");
        }
        if (!(asked instanceof TargetSize.ShortestEdge edge)) {
            throw wrong("size", "a number, or \"shortest_edge\" alone");
        }
        int side = edge.length();
        if ((long) side * side > ProcessorSettings.MOST_PIXELS) {
            throw wrong("size", "a size of at most " + ProcessorSettings.MOST_PIXELS + " pixels");
        }
        TargetSize.Fixed square = new TargetSize.Fixed(side, side);
        if (!resize || side >= CONVNEXT_WHOLE) {
            return settings(defaults, resize, square, false, square);
        }
        double share = json.hasNonNull(CROP_SHARE) ? number(CROP_SHARE, json.get(CROP_SHARE)) : 224.0 / 256;
        if (!(share > 0 && share <= 1)) {
            throw wrong(CROP_SHARE, "a number above 0 and at most 1");
        }
        int longer = (int) Math.min(side / share, ProcessorSettings.LARGEST);
        return settings(defaults, true, new TargetSize.ShortestEdge(longer), true, square);
    }

    private ProcessorSettings settings(
            Defaults defaults, boolean resize, TargetSize size, boolean crop, TargetSize.Fixed cropSize) {
        return new ProcessorSettings(
                resize,
                size,
                filter(defaults),
                crop,
                cropSize,
                bool("do_rescale", true),
                json.hasNonNull("rescale_factor") ? number("rescale_factor", json.get("rescale_factor")) : 1 / 255.0,
                bool("do_normalize", true),
                channels("image_mean", defaults.mean()),
                channels("image_std", defaults.std()));
    }

    private Defaults defaults() {
        for (String key : List.of("image_processor_type", "feature_extractor_type")) {
            if (json.hasNonNull(key)) {
                String type = json.get(key).asText();
                Defaults known = KNOWN.get(type.replaceAll("(ImageProcessor(Fast|Pil)?|FeatureExtractor)$", ""));
                if (known == null) {
                    throw new InputException(source + ": \"" + key + "\" is \"" + type
                            + "\", which prepares pictures differently; vit4j supports ViTImageProcessor");
                }
                return known;
            }
        }
        return KNOWN.get("ViT");
    }

    private InputException wrong(String key, String expected) {
        String value = Json.line(json.get(key));
        return new InputException(source + ": \"" + key + "\" is " + Json.describe(json.get(key)) + " ("
                + (value.length() <= 80 ? value : value.substring(0, 80) + "...") + "), not " + expected
                + "; correct it");
    }

    private boolean bool(String key, boolean absent) {
        if (!json.hasNonNull(key)) {
            return absent;
        }
        if (!json.get(key).isBoolean()) {
            throw wrong(key, "true or false");
        }
        return json.get(key).booleanValue();
    }

    private double number(String key, JsonNode value) {
        if (!value.isNumber() || !Float.isFinite(value.floatValue())) {
            throw wrong(key, "a number");
        }
        return value.doubleValue();
    }

    private Filter filter(Defaults defaults) {
        if (!json.hasNonNull("resample")) {
            return defaults.resample();
        }
        JsonNode value = json.get("resample");
        if (!value.isInt() || value.intValue() < 0 || value.intValue() > 5) {
            throw wrong("resample", "0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (hamming)");
        }
        return Filter.of(value.intValue());
    }

    private List<Double> channels(String key, List<Double> absent) {
        if (!json.hasNonNull(key)) {
            return absent;
        }
        JsonNode value = json.get(key);
        if (value.isNumber()) {
            double same = channel(key, value);
            return List.of(same, same, same);
        }
        if (!value.isArray() || value.size() != 3) {
            throw wrong(key, "one number per channel, such as [0.5, 0.5, 0.5]");
        }
        return List.of(channel(key, value.get(0)), channel(key, value.get(1)), channel(key, value.get(2)));
    }

    private double channel(String key, JsonNode value) {
        double number = number(key, value);
        if (key.equals("image_std") && (float) number == 0) {
            throw wrong(key, "one number per channel, none of them 0");
        }
        return number;
    }

    private TargetSize size(Defaults defaults) {
        if (!json.hasNonNull("size")) {
            return defaults.size();
        }
        JsonNode value = json.get("size");
        if (value.isNumber() && defaults.numberIsEdge()) {
            return new TargetSize.ShortestEdge(length("size", value));
        }
        if (value.isObject() && value.hasNonNull("shortest_edge")) {
            int shortest = length("size", value.get("shortest_edge"));
            return value.hasNonNull("longest_edge")
                    ? new TargetSize.EdgeLimits(shortest, length("size", value.get("longest_edge")))
                    : new TargetSize.ShortestEdge(shortest);
        }
        return fixed("size", value);
    }

    private TargetSize.Fixed fixed(String key, JsonNode value) {
        TargetSize.Fixed size = heightAndWidth(key, value);
        if ((long) size.height() * size.width() > ProcessorSettings.MOST_PIXELS) {
            throw wrong(key, "a size of at most " + ProcessorSettings.MOST_PIXELS + " pixels");
        }
        return size;
    }

    /** A number, [height, width], or an object with both. */
    private TargetSize.Fixed heightAndWidth(String key, JsonNode value) {
        if (value.isObject() && value.hasNonNull("height") && value.hasNonNull("width")) {
            return new TargetSize.Fixed(length(key, value.get("height")), length(key, value.get("width")));
        }
        if (value.isArray() && value.size() == 2) {
            return new TargetSize.Fixed(length(key, value.get(0)), length(key, value.get(1)));
        }
        return new TargetSize.Fixed(length(key, value), length(key, value));
    }

    private int length(String key, JsonNode value) {
        if (!value.isInt() || value.intValue() < 1 || value.intValue() > ProcessorSettings.LARGEST) {
            throw wrong(
                    key, "a size from 1 to " + ProcessorSettings.LARGEST + " (a number, or \"height\" and \"width\")");
        }
        return value.intValue();
    }
}
