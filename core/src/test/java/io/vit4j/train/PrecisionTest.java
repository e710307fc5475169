package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.Fixture;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Dtype;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArguments.Precision;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.engine.TrainingRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mixed precision on the run that transformers recorded in float32. */
class PrecisionTest {
    @TempDir
    Path output;

    /** What a run came to. */
    private record Run(List<Double> losses, TrainerState state, ObjectNode arguments) {}

    @ParameterizedTest
    @CsvSource({
        "bfloat16,false,",
        "float16,false,",
        "float16,false,1024",
    })
    void lossesStayWithinTwoPercentOfFloat32(String dtype, String automatic, String scale) {
        Map<String, String> given = new HashMap<>(Map.of("dtype", dtype, "auto_loss_scaling", automatic));
        if (scale != null) {
            given.put("loss_scaling", scale);
        }
        Run run = run(given);
        List<Double> recorded = recordedLosses();
        for (int i = 0; i < recorded.size(); i++) {
            assertThat(run.losses().get(i)).as("step %d", i + 1).isCloseTo(recorded.get(i), withinPercentage(2));
        }
        assertThat(run.state().skippedSteps()).isZero();
        assertThat(run.arguments().get("dtype").asText()).isEqualTo(dtype);
    }

    @Test
    void stepsThatOverflowAreSkippedUntilTheAutomaticScaleFits() {
        Run run = run(Map.of(
                "dtype",
                "float16",
                "auto_loss_scaling",
                "true",
                "loss_scaling",
                "1e8",
                "max_steps",
                "10",
                "save_strategy",
                "steps"));
        long skipped = run.state().skippedSteps();
        assertThat(skipped).isBetween(1L, 9L);
        assertThat(run.state().lossScale().number("scale")).isEqualTo(1e8 / Math.pow(2, skipped));
        assertThat(run.state().globalStep()).isEqualTo(10);
        assertThat(run.losses()).hasSize(10).allMatch(loss -> loss > 0.1 && loss < 2);
    }

    @Test
    void aConstantScaleThatOverflowsSkipsStepsToo() {
        Run run = run(Map.of("dtype", "float16", "loss_scaling", "1e12", "max_steps", "3"));
        assertThat(run.state().skippedSteps()).isEqualTo(3);
    }

    @Test
    void aLossThatIsNotFiniteIsNoOverflow() {
        assertThatThrownBy(() -> run(Map.of("dtype", "float16", "learning_rate", "1000", "max_grad_norm", "0")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is not finite");
    }

    @Test
    void autoIsChosenByTheProcessorAndStored() {
        TrainingArguments auto = TrainingArguments.defaults();
        assertThat(TrainingRun.resolved(auto, Optional.empty(), true).dtype()).isEqualTo(Precision.BFLOAT16);
        assertThat(TrainingRun.resolved(auto, Optional.empty(), false).dtype()).isEqualTo(Precision.FLOAT32);
        TrainingArguments said = TrainingArguments.builder().bf16(false).build();
        assertThat(TrainingRun.resolved(said, Optional.empty(), true).dtype()).isEqualTo(Precision.FLOAT32);
        assertThat(TrainingRun.dtype(TrainingRun.resolved(auto, Optional.empty(), true)))
                .isEqualTo(Dtype.BFLOAT16);
    }

    @Test
    void aResumedRunKeepsThePrecisionItBeganWith() {
        Map<String, String> saved = Map.of("dtype", "float16", "max_steps", "2", "save_strategy", "steps");
        run(saved);
        Path checkpoint = output.resolve("checkpoint-2");
        assertThat(Json.readObject(checkpoint.resolve("training_args.json"))
                        .get("dtype")
                        .asText())
                .isEqualTo("float16");
        Run resumed = run(
                Map.of("dtype", "auto", "max_steps", "4", "save_strategy", "steps", "resume_from_checkpoint", "true"));
        assertThat(resumed.arguments().get("dtype").asText()).isEqualTo("float16");
        assertThat(resumed.state().globalStep()).isEqualTo(4);
        assertThatThrownBy(() -> run(Map.of(
                        "dtype",
                        "float32",
                        "max_steps",
                        "6",
                        "save_strategy",
                        "steps",
                        "resume_from_checkpoint",
                        "true")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("dtype");
    }

    private Run run(Map<String, String> given) {
        try (Fixture fixture = new Fixture("vit-micro");
                SafetensorsFile data = Safetensors.open(fixture.folder.resolve("train-data.safetensors"))) {
            JsonNode run = Json.readObject(fixture.folder.resolve("trainer-run.json"));
            VisionModel model = new VisionModel(fixture.definition, fixture.parameters, ImageProcessor.defaults());
            RecordedSamples recorded = new RecordedSamples(data, run.get("micro_batches"));
            TrainingArgumentsBuilder builder = TrainingArguments.builder();
            run.get("arguments")
                    .properties()
                    .forEach(argument -> builder.set(
                            Map.of(argument.getKey(), argument.getValue().asText())));
            builder.set(Map.of("output_dir", output.toString(), "logging_steps", "1", "save_strategy", "no"));
            builder.set(Map.of("threads", "1"));
            try (Trainer trainer = Trainer.builder(model, builder.set(given).build())
                    .trainDataset(recorded)
                    .sampler(recorded)
                    .collator(recorded)
                    .build()) {
                trainer.train();
                trainer.saveModel();
                List<Double> losses = trainer.state().logHistory().stream()
                        .filter(entry -> entry.has("loss"))
                        .map(entry -> entry.get("loss"))
                        .toList();
                return new Run(losses, trainer.state(), Json.readObject(output.resolve("training_args.json")));
            }
        }
    }

    private static List<Double> recordedLosses() {
        List<Double> losses = new ArrayList<>();
        try (Fixture fixture = new Fixture("vit-micro")) {
            for (JsonNode entry :
                    Json.readObject(fixture.folder.resolve("trainer-run.json")).get("log_history")) {
                if (entry.has("loss")) {
                    losses.add(entry.get("loss").doubleValue());
                }
            }
        }
        return losses;
    }
}
