package io.vit4j.model.timm;

import io.vit4j.base.JsonObject;
import io.vit4j.image.ImageProcessor;
import java.util.List;
import java.util.Map;

/**
 * How timm prepares a picture for evaluation: resized so that the part {@code crop_pct} of it is as large as the model's, of which the
 * middle is cut, then normalised.
 */
final class TimmPictures {
    private static final double USUAL_PART = 0.875;
    private static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);
    private static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);
    private static final Map<String, Integer> FILTERS =
            Map.of("nearest", 0, "lanczos", 1, "bilinear", 2, "bicubic", 3, "box", 4, "hamming", 5);

    private TimmPictures() {}

    static ImageProcessor processor(TimmConfig config) {
        JsonObject made = config.pretrained();
        int height = config.picture().get(1);
        int width = config.picture().get(2);
        double part = made.number("crop_pct", USUAL_PART);
        if (!(part > 0 && part <= 1)) {
            throw made.wrong("crop_pct", "above 0 and at most 1");
        }
        JsonObject size = switch (made.text("crop_mode", "center")) {
            case "center" -> {
                if (height != width) {
                    throw config.refused(
                            "cuts pictures that are not square (" + width + "x" + height + ") without squeezing them");
                }
                yield JsonObject.empty().with("shortest_edge", (int) (height / part));
            }
            case "squash" ->
                JsonObject.empty().with("height", (int) (height / part)).with("width", (int) (width / part));
            default -> throw made.wrong("crop_mode", "\"center\" or \"squash\", the others are not supported");
        };
        return ImageProcessor.of(JsonObject.empty()
                .with("do_resize", true)
                .with("size", size)
                .with("resample", filter(made))
                .with("do_center_crop", true)
                .with("crop_size", JsonObject.empty().with("height", height).with("width", width))
                .with("image_mean", channels(made, "mean", IMAGENET_MEAN))
                .with("image_std", channels(made, "std", IMAGENET_STD)));
    }

    private static int filter(JsonObject made) {
        Integer number = FILTERS.get(made.text("interpolation", "bilinear"));
        if (number == null) {
            throw made.wrong(
                    "interpolation",
                    "one of " + FILTERS.keySet().stream().sorted().toList());
        }
        return number;
    }

    private static List<Double> channels(JsonObject made, String key, List<Double> otherwise) {
        List<Double> given = made.numbers(key);
        return given.isEmpty() ? otherwise : given;
    }
}
