package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.DurableFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionsFileTest {
    @TempDir
    Path folder;

    @Test
    void whatIsWrittenComesBackToTheLastBitAndTheLastRow() {
        Random random = new Random(5);
        int samples = 700; // more than a buffer
        float[] logits = new float[samples * 3];
        float[] truth = new float[samples * 3];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = Float.intBitsToFloat(random.nextInt()) % 1e6f;
            logits[i] = Float.isFinite(logits[i]) ? logits[i] : -0.0f;
            truth[i] = random.nextInt(3) == 0 ? Float.NaN : random.nextInt(2);
        }
        PredictionsFile written = new PredictionsFile(
                List.of("A,\"quoted\"", "Ü\n", "No Finding"),
                IntStream.range(0, samples).mapToObj(i -> "p " + i + ".png").toList(),
                EvalPrediction.multiLabel(samples, 3, logits, truth));

        Path file = folder.resolve("predictions.csv");
        written.write(DurableFiles.SYSTEM, file);

        assertThat(PredictionsFile.read(file)).isEqualTo(written);
    }

    /** The file tells by itself what its numbers are: one class a picture, or the numbers of a regression. */
    @Test
    void classNumbersAndRegressionsComeBackAsTheyWere() {
        float nan = Float.NaN;
        List<String> files = List.of("a.png", "b.png", "c.png");
        EvalPrediction single =
                EvalPrediction.singleLabel(3, 2, new float[] {1, 2.5f, -3, 4, 5, 6}, new float[] {1, nan, 0});
        EvalPrediction numbers = EvalPrediction.regression(
                3, 2, new float[] {1, 2.5f, -3, 4, 5, 6}, new float[] {1.5f, nan, 0, -7, 2, 1});
        for (EvalPrediction prediction : List.of(single, numbers)) {
            PredictionsFile written = new PredictionsFile(List.of("class", "b.prediction"), files, prediction);
            Path file = folder.resolve("predictions.csv");
            written.write(DurableFiles.SYSTEM, file);
            assertThat(PredictionsFile.read(file)).isEqualTo(written);
        }
    }

    @Test
    void namesThatRepeatHaveColumnsOfTheirOwn() throws Exception {
        PredictionsFile written = new PredictionsFile(
                List.of("crane", "drake", "crane"),
                List.of("a.png"),
                EvalPrediction.singleLabel(1, 3, new float[] {1, 2, 3}, new float[] {2}));
        Path file = folder.resolve("predictions.csv");
        written.write(DurableFiles.SYSTEM, file);
        String header = java.nio.file.Files.readAllLines(file).get(0);
        assertThat(header.split(","))
                .hasSize(11)
                .doesNotHaveDuplicates()
                .contains("crane (0).logit", "crane (2).logit");
        assertThat(PredictionsFile.read(file)).isEqualTo(written);
    }
}
