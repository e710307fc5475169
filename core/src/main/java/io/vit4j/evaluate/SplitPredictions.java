package io.vit4j.evaluate;

import io.vit4j.base.DurableFiles;
import io.vit4j.data.ArrowDataset;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.PredictionsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Predictions for a split of a data set, and what is known of its samples: in a model's folder {@code predictions-SPLIT.csv}
 * and {@code groups-SPLIT.csv}.
 *
 * @param split {@code train}, {@code validation} or {@code test}
 * @param predictions logits and truth, with the names of labels and pictures
 * @param groups patients, sexes, ages, one a sample
 * @param method how they were made
 */
public record SplitPredictions(
        String split, PredictionsFile predictions, SampleGroups groups, PredictionMethod method) {
    /** Predictions of one model from one view of each picture. */
    public SplitPredictions(String split, PredictionsFile predictions, SampleGroups groups) {
        this(split, predictions, groups, PredictionMethod.PLAIN);
    }

    /** The same predictions, made in that way. */
    public SplitPredictions by(PredictionMethod how) {
        return new SplitPredictions(split, predictions, groups, how);
    }

    /**
     * Predictions that were just made of some rows of a data set.
     *
     * @param rows of the data set, one per prediction
     */
    public static SplitPredictions of(
            String split, List<String> labels, ArrowDataset data, int[] rows, EvalPrediction prediction) {
        List<String> files = Arrays.stream(rows).mapToObj(data::fileName).toList();
        return new SplitPredictions(split, new PredictionsFile(labels, files, prediction), SampleGroups.of(data, rows));
    }

    /** Predictions that were just made of samples from elsewhere, of which nothing else is known. */
    public static SplitPredictions of(String split, List<String> labels, EvalPrediction prediction) {
        List<String> numbers = IntStream.range(0, prediction.samples())
                .mapToObj(Integer::toString)
                .toList();
        return new SplitPredictions(
                split, new PredictionsFile(labels, numbers, prediction), SampleGroups.none(prediction.samples()));
    }

    /** Predictions of a split in a model's folder. */
    public static Path file(Path folder, String split) {
        return folder.resolve("predictions-" + split + ".csv");
    }

    /** Groups of the samples of a split, beside their predictions. */
    public static Path groupsFile(Path folder, String split) {
        return folder.resolve("groups-" + split + ".csv");
    }

    /** {@return logits and truth} */
    public EvalPrediction prediction() {
        return predictions.prediction();
    }

    /** {@return the names of the labels} */
    public List<String> labels() {
        return predictions.labels();
    }

    /** Writes both files into a model's folder. */
    public void write(DurableFiles files, Path folder) {
        predictions.write(files, file(folder, split));
        groups.write(files, groupsFile(folder, split));
    }

    /** Reads what {@link #write} wrote; empty if the folder holds no predictions of the split. */
    public static Optional<SplitPredictions> read(Path folder, String split) {
        Path file = file(folder, split);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        PredictionsFile predictions = PredictionsFile.read(file);
        int samples = predictions.prediction().samples();
        Path groups = groupsFile(folder, split);
        return Optional.of(new SplitPredictions(
                split,
                predictions,
                Files.exists(groups) ? SampleGroups.read(groups, samples) : SampleGroups.none(samples),
                PredictionMethod.read(Evaluation.file(folder, split))));
    }
}
