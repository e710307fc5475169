package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.DurableFiles;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.metrics.DeLong;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.PredictionsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCardTest {
    @TempDir
    Path folder;

    private EvalPrediction evaluated(List<String> labels) throws IOException {
        Random random = new Random(4);
        float[] logits = new float[50 * labels.size()];
        float[] truth = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            truth[i] = random.nextInt(2);
            logits[i] = (float) random.nextGaussian() + truth[i];
        }
        EvalPrediction prediction = EvalPrediction.multiLabel(50, labels.size(), logits, truth);
        List<String> files =
                IntStream.range(0, 50).mapToObj(i -> "0000" + i + "_000.png").toList();
        new PredictionsFile(labels, files, prediction)
                .write(DurableFiles.SYSTEM, SplitPredictions.file(folder, "validation"));
        Files.writeString(
                folder.resolve("config.json"),
                "{\"hidden_size\": 12, \"num_hidden_layers\": 2, \"patch_size\": 4, \"image_size\": 16,"
                        + " \"id2label\": {\"0\": \"Edema\", \"1\": \"M|ss\"}, \"problem_type\": \"multi_label_classification\"}");
        Files.writeString(
                folder.resolve("report.json"),
                "{\"started_from\": \"google/vit-base-patch16-224-in21k\", \"data\": {\"patients_in_two_splits\": 3}}");
        Files.writeString(
                folder.resolve("all_results.json"), "{\"eval_loss\": 0.1785, \"train_samples_per_second\": 3}");
        return prediction;
    }

    @Test
    void theCardTellsTheRunsResultsAndItsLimits() throws IOException {
        EvalPrediction prediction = evaluated(List.of("Edema", "M|ss"));
        assertThat(ModelCard.write(folder)).isTrue();
        String card = Files.readString(folder.resolve("README.md"));

        List<String> lines = card.lines().toList();
        assertThat(lines.get(0)).isEqualTo("---");
        String front = card.substring(4, card.indexOf("\n---\n"));
        assertThat(front)
                .contains("library_name: transformers")
                .contains("pipeline_tag: image-classification")
                .contains("base_model: \"google/vit-base-patch16-224-in21k\"")
                .contains("    - type: loss\n      name: \"Loss\"\n      value: 0.1785");
        Estimate auc = DeLong.interval(prediction.scores(0), prediction.truth(0), 0.95);
        assertThat(card)
                .contains(String.format(
                        java.util.Locale.ROOT, "| Edema | %.3f | %.3f to %.3f |", auc.value(), auc.low(), auc.high()))
                .contains("| M\\|ss |")
                .contains("not a medical device")
                .contains("Some patients are also in the training split")
                .contains("sigmoid()");
        assertThat(card).doesNotContain("_000.png");
    }

    @Test
    void theCardOfAPretrainedModelPromisesNoScores() throws IOException {
        Files.writeString(
                folder.resolve("config.json"),
                "{\"model_type\": \"vit_mae\", \"architectures\": [\"ViTMAEForPreTraining\"], \"hidden_size\": 12,"
                        + " \"num_hidden_layers\": 2, \"patch_size\": 4, \"image_size\": 16}");
        Files.writeString(folder.resolve("trainer_state.json"), "{\"global_step\": 3, \"log_history\": []}");
        assertThat(ModelCard.write(folder)).isTrue();
        assertThat(Files.readString(folder.resolve("README.md")))
                .contains("pipeline_tag: image-feature-extraction")
                .contains("pretrained on pictures without labels")
                .contains("vit4j train --model THIS_FOLDER")
                .contains("from_pretrained(\"THIS_FOLDER/encoder\")")
                .contains("for any patient. The model can be")
                .doesNotContain("classification", "labels are", "decision.json");
    }

    @Test
    void aCardThatSomebodyTookInHandIsKept() throws IOException {
        evaluated(List.of("Edema", "M|ss"));
        Files.writeString(folder.resolve("README.md"), "# Mine\n");
        assertThat(ModelCard.write(folder)).isFalse();
        assertThat(folder.resolve("README.md")).hasContent("# Mine\n");
    }
}
