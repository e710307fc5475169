package io.vit4j.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Split;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.PredictionsFile;
import io.vit4j.report.TrainingReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The report of as many predictions as NIH ChestX-ray14 has pictures, from its files: reading them, every number with 1,000
 * resamples of patients, four columns of groups, the page.
 */
public final class ReportBench {
    /** Pictures of NIH ChestX-ray14. */
    public static final int PICTURES = 112_120;

    private static final int LABELS = 15;
    private static final double PICTURES_A_PATIENT = 3.64;
    private static final double POSITIVES = 0.1;

    private ReportBench() {}

    /**
     * @param pictures of the test split; validation has a tenth of them
     * @param repetitions that are timed; the first, with a cold JVM, is reported separately
     */
    public static ObjectNode run(int pictures, int repetitions) {
        try {
            Path folder = Files.createTempDirectory("vit4j-bench-report");
            try {
                write(folder, Split.VALIDATION, pictures / 10);
                write(folder, Split.TEST, pictures);
                long start = System.nanoTime();
                TrainingReport.rewrite(folder);
                double first = (System.nanoTime() - start) / 1e9;
                Timings timings = Timings.of(0, repetitions, () -> TrainingReport.rewrite(folder));
                ObjectNode results = Json.object();
                results.put("pictures", pictures);
                results.put("first_seconds", first);
                results.put("median_seconds", timings.median());
                results.put("best_seconds", timings.best());
                results.put("page_bytes", Files.size(folder.resolve(TrainingReport.FILE)));
                return results;
            } finally {
                DurableFiles.SYSTEM.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path folder, String split, int pictures) throws IOException {
        RandomKey.Stream random = RandomKey.of(1).with(split).stream();
        float[] logits = new float[pictures * LABELS];
        float[] truth = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            truth[i] = random.nextDouble() < POSITIVES ? 1 : 0;
            logits[i] = (float) (random.nextGaussian() + truth[i] - 2);
        }
        List<String> labels =
                IntStream.range(0, LABELS).mapToObj(i -> "LABEL_" + i).toList();
        List<String> files = IntStream.range(0, pictures)
                .mapToObj(i -> String.format(Locale.ROOT, "%08d_000.png", i))
                .toList();
        new PredictionsFile(labels, files, EvalPrediction.multiLabel(pictures, LABELS, logits, truth))
                .write(DurableFiles.SYSTEM, folder.resolve("predictions-" + split + ".csv"));
        int patients = Math.max(1, (int) (pictures / PICTURES_A_PATIENT));
        StringBuilder groups = new StringBuilder("patient,Sex,Age,View position,Follow-up\n");
        for (int i = 0; i < pictures; i++) {
            int patient = random.nextInt(patients);
            groups.append(patient)
                    .append(patient % 2 == 0 ? ",female," : ",male,")
                    .append(List.of("0-19", "20-39", "40-59", "60-79", "80+").get(patient % 5))
                    .append(random.nextInt(3) == 0 ? ",AP," : ",PA,")
                    .append(List.of("0", "1-4", "5-9", "10+").get(random.nextInt(4)))
                    .append('\n');
        }
        DurableFiles.SYSTEM.write(folder.resolve("groups-" + split + ".csv"), groups.toString());
    }
}
