package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.nio.file.Path;

/** Folders with weights that are no transformers checkpoint, named for what they are, with what to do. */
final class OtherCheckpoints {
    private OtherCheckpoints() {}

    /** Refuses configurations of libraries whose folders nobody here reads. */
    static void refuse(Path file, JsonObject config) {
        boolean openClip = config.has("embed_dim") && config.has("vision_cfg") || config.has("model_cfg");
        if (openClip && !config.has("model_type")) {
            throw InputException.in(
                    file,
                    "an open_clip checkpoint; give a vision model as transformers has it, with a model_type in its"
                            + " config.json");
        }
    }
}
