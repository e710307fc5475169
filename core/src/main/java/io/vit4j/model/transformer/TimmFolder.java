package io.vit4j.model.transformer;

import io.vit4j.base.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What timm looks for in the {@code config.json} of a family that only timm has: its arguments, and the labels where it has them. */
public final class TimmFolder {
    /** The key of what timm's builder of the architecture is told. */
    public static final String ARGUMENTS = "model_args";

    private static final String PICTURES = "pretrained_cfg";

    private TimmFolder() {}

    /**
     * A configuration with it.
     *
     * @param written the configuration otherwise
     * @param base as it was read, of which the architecture's name and arguments are kept
     * @param encoder says the pictures' size
     */
    public static JsonObject written(JsonObject written, JsonObject base, EncoderConfig encoder, int labels) {
        JsonObject json = written.with("num_classes", labels)
                // without which timm takes all keys for it
                .with(
                        PICTURES,
                        base.object(PICTURES)
                                .with(
                                        "input_size",
                                        List.of(encoder.numChannels(), encoder.imageHeight(), encoder.imageWidth())))
                .with(
                        ARGUMENTS,
                        written.object(ARGUMENTS)
                                .with("img_size", List.of(encoder.imageHeight(), encoder.imageWidth())));
        Map<String, String> names = base.object("id2label").asTexts();
        List<String> inOrder = new ArrayList<>();
        for (int i = 0; i < labels && names.containsKey(Integer.toString(i)); i++) {
            inOrder.add(names.get(Integer.toString(i)));
        }
        return inOrder.size() == labels ? json.with("label_names", inOrder) : json;
    }
}
