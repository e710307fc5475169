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
                new EvalPrediction(samples, 3, logits, truth));

        Path file = folder.resolve("predictions.csv");
        written.write(DurableFiles.SYSTEM, file);

        assertThat(PredictionsFile.read(file)).isEqualTo(written);
    }
}
