package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.model.ModelDefinition;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** DINOv2 and DINOv3 train alike however a run is laid out or interrupted, with all that they draw at random. */
class DinoTrainingTest {
    @TempDir
    Path folder;

    private static JsonObject small(String family) {
        return JsonObject.empty()
                .with("model_type", family)
                .with("hidden_size", 8)
                .with("num_hidden_layers", 2)
                .with("num_attention_heads", 2)
                .with("image_size", 16)
                .with("patch_size", 8)
                .with("drop_path_rate", 0.2);
    }

    private static Stream<ModelDefinition> models() {
        return Stream.of(
                        small("dinov2")
                                .with("mlp_ratio", 2)
                                .with("use_swiglu_ffn", true)
                                .with("hidden_dropout_prob", 0.1)
                                .with("attention_probs_dropout_prob", 0.1),
                        small("dinov3_vit")
                                .with("intermediate_size", 12)
                                .with("num_register_tokens", 2)
                                .with("pos_embed_shift", 0.1)
                                .with("pos_embed_jitter", 1.2))
                .map(config -> ModelDefinition.of(config)
                        .withLabels(List.of("bright", "left", "top"), ProblemType.MULTI_LABEL));
    }

    @ParameterizedTest
    @MethodSource("models")
    void stagesAndReplicasGiveTheResultsOfOneProcess(ModelDefinition model) {
        RankedRun.Result single =
                new RankedRun(folder.resolve("single")).model(model).run();
        RankedRun.Result laidOut = new RankedRun(folder.resolve("laid-out"))
                .model(model)
                .layout(4, "layers_per_ipu=[1 1],replication_factor=2,recompute_checkpoint_every_layer=true")
                .with("per_device_train_batch_size", "4")
                .run();
        LayoutsTest.assertSame(laidOut, single);
    }

    @ParameterizedTest
    @MethodSource("models")
    void anInterruptedRunEndsAsOneThatWasNot(ModelDefinition model) {
        TinyRun.Result undisturbed =
                new TinyRun(folder.resolve("undisturbed")).model(model).run();
        TinyRun disturbed = new TinyRun(folder.resolve("disturbed")).model(model);
        disturbed.callback(new TrainerCallback() {
            @Override
            public void onStepEnd(TrainerState state, TrainerControl control) {
                if (state.globalStep() == 7) {
                    disturbed.interrupt();
                }
            }
        });
        assertThat(disturbed.run().interrupted()).isTrue();
        TinyRun.Result resumed = disturbed.callback(new TrainerCallback() {}).resume();
        assertThat(resumed.logs()).isEqualTo(undisturbed.logs());
        assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
    }
}
