package io.vit4j.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;

/** Folders with weights that are no transformers checkpoint, named for what they are, with what to do. */
final class OtherCheckpoints {
    /** Of an adapter, as peft writes it. */
    private static final String ADAPTER = "adapter_config.json";

    private OtherCheckpoints() {}

    /** Refuses an adapter without its model. */
    static void refuseAdapter(Path folder) {
        Path file = folder.resolve(ADAPTER);
        if (!Files.exists(file) || Files.exists(folder.resolve(CheckpointFiles.CONFIG))) {
            return;
        }
        ObjectNode adapter = Json.readObject(file);
        String kind = adapter.path("peft_type").asText("");
        String base = adapter.path("base_model_name_or_path").asText("");
        throw InputException.in(
                folder,
                "an adapter" + (kind.isEmpty() ? "" : " (" + kind + ")") + " written by peft, without the model that it"
                        + " adapts" + (base.isEmpty() ? "" : ", " + base) + "; merge the two in Python with peft's"
                        + " merge_and_unload() and save_pretrained(), and give that folder");
    }

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
