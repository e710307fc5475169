package io.vit4j.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
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

    /** Refuses configurations that are not written by transformers. */
    static void refuse(Path file, ObjectNode config) {
        if (config.has("model_type")) {
            return;
        }
        boolean timm = config.has("pretrained_cfg") || (config.has("architecture") && config.has("num_classes"));
        if (timm) {
            throw InputException.in(
                    file,
                    "a timm checkpoint (" + config.path("architecture").asText("of unknown architecture")
                            + "), whose weights have timm's names; give the same model as transformers has it (on the hub,"
                            + " google/vit-base-patch16-224 and the like), or convert it with transformers'"
                            + " convert_vit_timm_to_pytorch.py");
        }
        if (config.has("embed_dim") && config.has("vision_cfg") || config.has("model_cfg")) {
            throw InputException.in(
                    file,
                    "an open_clip checkpoint; give a vision model as transformers has it, with a model_type in its"
                            + " config.json");
        }
    }
}
