package io.vit4j.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Split;
import io.vit4j.metrics.AverageDeLong.Average;
import io.vit4j.metrics.Bootstrap;
import io.vit4j.metrics.DeLong;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.LabelCounts;
import io.vit4j.metrics.ModelComparison;
import io.vit4j.metrics.PredictionsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Two models on the same pictures: does one have the higher AUROC, label by label and on average? By DeLong's paired test,
 * which takes pictures for independent, and by resampling patients, which does not.
 */
public final class Comparison {
    private final Side first;
    private final Side second;
    private final ModelComparison comparison;
    private final LabelCounts counts;

    /**
     * One of the two.
     *
     * @param name of the model, for people
     * @param predictions truth and logits
     * @param patients that the pictures belong to, in the order of the predictions; empty if they are not known
     */
    public record Side(String name, PredictionsFile predictions, Optional<int[]> patients) {

        /**
         * A file that {@code evaluate --predictions} wrote, or a model's folder that was evaluated.
         *
         * @param split whose predictions are taken from a folder
         */
        public static Side read(Path path, String split) {
            boolean folder = Files.isDirectory(path);
            Path file = folder ? SplitPredictions.file(path, split) : path;
            if (!Files.exists(file)) {
                throw InputException.in(
                        path,
                        folder
                                ? "contains no predictions of the split '" + split + "'; vit4j evaluate --split "
                                        + split + " writes them, or give the data set with --dataset"
                                : "no such file; name a predictions file, or the folder of a model");
            }
            PredictionsFile predictions = PredictionsFile.read(file);
            Path groups = file.resolveSibling(file.getFileName().toString().replaceFirst("^predictions-", "groups-"));
            Optional<int[]> patients = groups.equals(file) || !Files.exists(groups)
                    ? Optional.empty()
                    : patients(
                            SampleGroups.read(groups, predictions.prediction().samples()));
            return new Side(name(path), predictions, patients);
        }

        /**
         * Predictions that were just made.
         *
         * @param rows of the data set, one per prediction
         */
        public static Side of(Path model, PredictionsFile predictions, ArrowDataset data, int[] rows) {
            return new Side(name(model), predictions, patients(SampleGroups.of(data, rows)));
        }

        private static Optional<int[]> patients(SampleGroups groups) {
            return groups.patientsKnown() ? Optional.of(groups.clusters()) : Optional.empty();
        }

        private static String name(Path path) {
            return path.toAbsolutePath().normalize().getFileName().toString();
        }
    }

    private Comparison(Side first, Side second, ModelComparison comparison) {
        this.first = first;
        this.second = second;
        this.comparison = comparison;
        counts =
                LabelCounts.of(first.predictions().labels(), first.predictions().prediction());
    }

    /**
     * Compares them; InputException if labels, pictures or truth differ.
     *
     * @param rounds of the bootstrap
     */
    public static Comparison of(Side first, Side second, int rounds) {
        List<String> labels = first.predictions().labels();
        EvalPrediction a = first.predictions().prediction();
        EvalPrediction b = inTheOrderOf(first, second);
        int[] clusters = first.patients()
                .or(() -> second.patients().map(those -> reordered(those, rowsOf(first, second))))
                .orElseGet(() -> Bootstrap.eachSampleAlone(a.samples()));
        return new Comparison(
                first,
                second,
                ModelComparison.of(
                        a,
                        b,
                        labels,
                        clusters,
                        new Bootstrap(rounds, Evaluation.LEVEL, RandomKey.of(0).with("compare"))));
    }

    /** The split whose predictions are in both folders: test before validation. */
    public static String sharedSplit(Path first, Path second) {
        return List.of(Split.TEST, Split.VALIDATION).stream()
                .filter(split -> has(first, split) && has(second, split))
                .findFirst()
                .orElse(Split.TEST);
    }

    private static boolean has(Path path, String split) {
        return !Files.isDirectory(path) || Files.exists(SplitPredictions.file(path, split));
    }

    private static int[] reordered(int[] values, int[] rows) {
        return Arrays.stream(rows).map(row -> values[row]).toArray();
    }

    /** The second's row of each of the first's pictures. */
    private static int[] rowsOf(Side first, Side second) {
        List<String> here = first.predictions().files();
        List<String> there = second.predictions().files();
        if (here.equals(there)) {
            return Bootstrap.eachSampleAlone(here.size());
        }
        Map<String, Integer> rowOf = new HashMap<>();
        for (int i = 0; i < there.size(); i++) {
            if (rowOf.put(there.get(i), i) != null) {
                throw new InputException(second.name() + ": has two pictures with the same name, in another order than "
                        + first.name() + "; evaluate both on the same data set");
            }
        }
        int[] rows =
                here.stream().mapToInt(file -> rowOf.getOrDefault(file, -1)).toArray();
        long missing = Arrays.stream(rows).filter(row -> row < 0).count();
        if (missing > 0 || here.size() != there.size()) {
            throw new InputException(
                    first.name() + " and " + second.name() + " were not evaluated on the same pictures ("
                            + here.size() + " and " + there.size() + ", " + (here.size() - missing)
                            + " in common); evaluate both on the same split of the same data set");
        }
        return rows;
    }

    private static EvalPrediction inTheOrderOf(Side first, Side second) {
        List<String> labels = first.predictions().labels();
        List<String> others = second.predictions().labels();
        if (labels.size() != others.size() || !others.containsAll(labels)) {
            throw new InputException(first.name() + " has the labels " + labels + ", " + second.name() + " " + others
                    + "; two models can only be compared on the same labels");
        }
        EvalPrediction rows = second.predictions().prediction().rows(rowsOf(first, second));
        if (rows.problemType() != first.predictions().prediction().problemType()) {
            throw new InputException(first.name() + " and " + second.name()
                    + " were not evaluated on the same kind of data: one has one class per picture, the other several"
                    + " labels");
        }
        return rows.labelsInOrder(labels.stream().mapToInt(others::indexOf).toArray());
    }

    /** {@return the first of the two} */
    public Side first() {
        return first;
    }

    /** {@return the second of the two} */
    public Side second() {
        return second;
    }

    /** {@return tests and differences, per label and averaged} */
    public ModelComparison numbers() {
        return comparison;
    }

    /** {@return the labels' positives and negatives} */
    public LabelCounts counts() {
        return counts;
    }

    /** Whether it is known which patients the pictures are of. */
    public boolean patientsKnown() {
        return first.patients().isPresent() || second.patients().isPresent();
    }

    /** Everything, per label and averaged; differences are those of the first minus the second. */
    public JsonObject toJson() {
        ObjectNode json = Json.object();
        json.put("first", first.name());
        json.put("second", second.name());
        json.put("pictures", first.predictions().prediction().samples());
        if (patientsKnown()) {
            json.put("patients", comparison.difference().clusters());
        }
        json.put("level", Evaluation.LEVEL);
        json.put("bootstrap_rounds", comparison.difference().rounds());
        ObjectNode labels = json.putObject("labels");
        comparison.perLabel().forEach((label, test) -> {
            ObjectNode entry = test(
                    test, Optional.ofNullable(comparison.difference().perLabel().get(label)));
            entry.put("p_holm", comparison.adjustedP().get(label));
            labels.set(label, entry);
        });
        ObjectNode averages = json.putObject("averages");
        comparison.averages().forEach((average, test) -> averages.set(key(average), test(test, resampled(average))));
        return Json.typed(json, "comparison");
    }

    private static String key(Average average) {
        return average.name().toLowerCase(Locale.ROOT);
    }

    /** The difference of an average by resampling; empty if there is none. */
    public Optional<Estimate> resampled(Average average) {
        return Optional.ofNullable(comparison.difference().averages().get(key(average)));
    }

    private ObjectNode test(DeLong.PairedTest test, Optional<Estimate> resampled) {
        ObjectNode json = Json.object();
        json.put("first", test.first());
        json.put("second", test.second());
        json.put("difference", test.difference());
        json.put("standard_error", test.standardError());
        json.putArray("delong").add(test.low()).add(test.high());
        resampled
                .filter(e -> Double.isFinite(e.low()))
                .ifPresent(e -> json.putArray(patientsKnown() ? "by_patient" : "bootstrap")
                        .add(e.low())
                        .add(e.high()));
        json.put("z", test.z());
        json.put("p", test.p());
        return json;
    }
}
