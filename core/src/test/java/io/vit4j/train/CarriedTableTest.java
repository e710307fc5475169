package io.vit4j.train;

import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.model.ModelDefinition;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** BEiT's one table of relative positions for all layers is trained across pipeline stages as in one process: it crosses with the tokens. */
class CarriedTableTest {
    private static final ModelDefinition SHARED = ModelDefinition.of(JsonObject.empty()
                    .with("model_type", "beit")
                    .with("hidden_size", 8)
                    .with("num_hidden_layers", 3)
                    .with("num_attention_heads", 2)
                    .with("intermediate_size", 12)
                    .with("image_size", 16)
                    .with("patch_size", 4)
                    .with("initializer_range", 0.3)
                    .with("drop_path_rate", 0.3)
                    .with("use_shared_relative_position_bias", true))
            .withLabels(List.of("bright", "left", "top"), ProblemType.MULTI_LABEL);

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"2, 'layers_per_ipu=[1 2]', 8", "4, 'layers_per_ipu=[2 1],replication_factor=2', 4"})
    void stagesGiveTheResultsOfOneProcess(int ranks, String layout, int batch) {
        RankedRun.Result single =
                new RankedRun(folder.resolve("single")).model(SHARED).run();
        RankedRun.Result laidOut = new RankedRun(folder.resolve("laid-out"))
                .model(SHARED)
                .layout(ranks, layout)
                .with("per_device_train_batch_size", "" + batch)
                .run();
        LayoutsTest.assertSame(laidOut, single);
    }
}
