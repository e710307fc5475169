package io.vit4j.parallel;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.parallel.Plan.Memory;
import io.vit4j.parallel.Plan.Prediction;
import java.util.List;

/** A plan for programs: predictions as JSON, in bytes and seconds, and a layout as a configuration's fields. */
public final class PlanJson {
    private PlanJson() {}

    /** One layout and what is to be expected of it. */
    public static JsonObject of(Prediction prediction) {
        Layout layout = prediction.layout();
        ObjectNode json = Json.object();
        json.put("ranks", layout.ranks());
        json.put("stages", layout.stages());
        json.put("replicas", layout.replicas());
        layout.placement().layersPerStage().forEach(json.withArray("/layers_per_stage")::add);
        json.put("micro_batch", layout.microBatch());
        json.put("gradient_accumulation_steps", layout.accumulationSteps());
        json.put("global_batch", layout.globalBatch());
        json.put("recomputation", layout.recomputation());
        json.put("optimizer_state_sharding", layout.optimizerStateSharding());
        json.put("optimizer_state_offload", layout.optimizerStateOffload());
        json.put("peak_bytes", prediction.peakBytes());
        prediction.memory().forEach(memory -> json.withArray("/memory").add(of(memory)));
        json.put("step_seconds", prediction.stepSeconds());
        json.put("pipeline_seconds", prediction.pipelineSeconds());
        json.put("bubble", prediction.bubble());
        json.put("communication_seconds", prediction.communicationSeconds());
        json.put("exposed_seconds", prediction.exposedSeconds());
        json.put("overlap", prediction.overlap());
        json.put("images_per_second", prediction.imagesPerSecond());
        return Json.typed(json, "plan");
    }

    private static ObjectNode of(Memory memory) {
        ObjectNode json = Json.object();
        json.put("parameters", memory.parameters());
        json.put("gradients", memory.gradients());
        json.put("optimizer_state", memory.optimizerState());
        json.put("step_weights", memory.stepWeights());
        json.put("activations", memory.activations());
        return json;
    }

    /** The table's rows; one that has no layout says what the smallest would need. */
    public static List<JsonObject> of(List<PlanTable.PlanRow> rows) {
        return rows.stream()
                .map(row -> row.best()
                        .map(PlanJson::of)
                        .orElseGet(() ->
                                JsonObject.empty().with("ranks", row.ranks()).with("least_bytes", row.leastBytes())))
                .toList();
    }

    /** The layout as {@code --ipu-config-overrides} takes it. */
    public static String overrides(Layout layout) {
        String layers = layout.placement().layersPerStage().toString().replace(",", "");
        return "pipeline_stages=" + layout.stages() + ",layers_per_stage=" + layers + ",replicas=" + layout.replicas()
                + ",gradient_accumulation_steps=" + layout.accumulationSteps() + ",recomputation="
                + layout.recomputation() + ",optimizer_state_sharding=" + layout.optimizerStateSharding();
    }
}
