package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CsvTable;
import io.vit4j.data.Split;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.Folds;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.Spread;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The numbers of a cross-validation whose folds are all done: from the predictions of every fold those of all pictures, their
 * evaluation, and the spread over folds and seeds.
 */
final class OutOfFold {
    /** What the predictions of all folds together are called in files. */
    static final String NAME = "out-of-fold";

    private final Path output;
    private final ArrowDataset data;
    private final Folds folds;
    private final FoldsDone done;

    /** Finds what a fold left. */
    interface FoldsDone {
        CrossValidated.Fold of(long seed, int fold);
    }

    OutOfFold(Path output, ArrowDataset data, Folds folds, FoldsDone done) {
        this.output = output;
        this.data = data;
        this.folds = folds;
        this.done = done;
    }

    CrossValidated result(long[] seeds) {
        List<CrossValidated.Repeat> repeats =
                Arrays.stream(seeds).mapToObj(this::repeat).toList();
        Map<String, Spread> overSeeds = repeats.size() < 2
                ? Map.of()
                : Spread.of(repeats.stream().map(CrossValidated.Repeat::pooled).toList());
        CrossValidated result = new CrossValidated(output, true, repeats, overSeeds, Optional.empty());
        DurableFiles.SYSTEM.write(output.resolve("crossval.json"), json(result).pretty());
        table(repeats);
        Optional<Path> page = Reporter.all().stream()
                .map(reporter -> reporter.crossValidated(result))
                .flatMap(Optional::stream)
                .findFirst();
        return new CrossValidated(output, true, repeats, overSeeds, page);
    }

    private CrossValidated.Repeat repeat(long seed) {
        List<CrossValidated.Fold> all = IntStream.range(0, folds.count())
                .mapToObj(fold -> done.of(seed, fold))
                .toList();
        SplitPredictions pooled = pooled(all);
        Path folder = output.resolve("seed-" + seed);
        Evaluation evaluation = Evaluation.of(pooled).rounds(Evaluation.ROUNDS).compute();
        pooled.write(DurableFiles.SYSTEM, folder);
        evaluation.write(DurableFiles.SYSTEM, folder);
        EvalPrediction prediction = pooled.prediction();
        Map<String, Double> numbers =
                MetricFunction.of(prediction.problemType(), pooled.labels()).compute(prediction);
        return new CrossValidated.Repeat(
                seed,
                folder,
                all,
                Spread.of(all.stream().map(CrossValidated.Fold::metrics).toList()),
                withoutTimes(Metrics.ofEvaluation(meanLoss(all), numbers, prediction.samples(), 1)),
                evaluation);
    }

    /** The mean over pictures of the losses of the folds. */
    private static double meanLoss(List<CrossValidated.Fold> all) {
        double pictures = all.stream().mapToInt(CrossValidated.Fold::pictures).sum();
        return all.stream()
                        .mapToDouble(fold -> fold.metrics().get("eval_loss") * fold.pictures())
                        .sum()
                / pictures;
    }

    /** The predictions of all pictures in the data set's order, each from the fold in which it was held out. */
    private SplitPredictions pooled(List<CrossValidated.Fold> all) {
        List<SplitPredictions> parts = new ArrayList<>();
        for (CrossValidated.Fold fold : all) {
            parts.add(SplitPredictions.read(fold.folder(), Split.TEST)
                    .filter(part -> part.prediction().samples() == folds.in(fold.number() - 1).length)
                    .orElseThrow(() -> InputException.in(
                            fold.folder(),
                            "lacks the predictions of its fold; delete the folder, and the fold is trained again")));
        }
        EvalPrediction first = parts.get(0).prediction();
        int labels = first.labels();
        int truths = first.singleLabel() ? 1 : labels;
        int[] rows = folds.rows();
        float[] predictions = new float[rows.length * labels];
        float[] truth = new float[rows.length * truths];
        int[] next = new int[folds.count()];
        for (int i = 0; i < rows.length; i++) {
            int fold = folds.foldOf()[i];
            EvalPrediction part = parts.get(fold).prediction();
            System.arraycopy(part.predictions(), next[fold] * labels, predictions, i * labels, labels);
            System.arraycopy(part.labelIds(), next[fold] * truths, truth, i * truths, truths);
            next[fold]++;
        }
        return SplitPredictions.of(
                NAME,
                parts.get(0).labels(),
                data,
                rows,
                new EvalPrediction(first.problemType(), rows.length, labels, predictions, truth));
    }

    /** Times and counts say nothing of a model. */
    static Metrics withoutTimes(Metrics metrics) {
        Map<String, Double> values = new LinkedHashMap<>(metrics.values());
        values.keySet()
                .removeAll(List.of(
                        "eval_runtime", "eval_samples_per_second", "eval_steps_per_second", "eval_samples", "epoch"));
        return new Metrics(values);
    }

    private static JsonObject json(CrossValidated result) {
        List<JsonObject> repeats = new ArrayList<>();
        for (CrossValidated.Repeat repeat : result.repeats()) {
            List<JsonObject> folds = new ArrayList<>();
            for (CrossValidated.Fold fold : repeat.folds()) {
                folds.add(JsonObject.empty()
                        .with("fold", fold.number())
                        .with("trained", fold.trained())
                        .with("pictures", fold.pictures())
                        .with("patients", fold.patients())
                        .with("metrics", fold.metrics().toJson()));
            }
            repeats.add(JsonObject.empty()
                    .with("seed", repeat.seed())
                    .with("folds", folds)
                    .with("over_folds", spreads(repeat.overFolds()))
                    .with("out_of_fold", repeat.pooled().toJson()));
        }
        JsonObject json = JsonObject.empty().with("seeds", repeats);
        return result.overSeeds().isEmpty() ? json : json.with("over_seeds", seeds(result.overSeeds()));
    }

    private static JsonObject spreads(Map<String, Spread> spreads) {
        JsonObject json = JsonObject.empty();
        for (Map.Entry<String, Spread> spread : spreads.entrySet()) {
            json = json.with(spread.getKey(), spread.getValue().toJson());
        }
        return json;
    }

    private static JsonObject seeds(Map<String, Spread> spreads) {
        JsonObject json = JsonObject.empty();
        for (Map.Entry<String, Spread> spread : spreads.entrySet()) {
            Estimate interval = spread.getValue().interval(Evaluation.LEVEL);
            json = json.with(
                    spread.getKey(),
                    spread.getValue().toJson().with("student", List.of(interval.low(), interval.high())));
        }
        return json;
    }

    private void table(List<CrossValidated.Repeat> repeats) {
        List<String> names = List.copyOf(repeats.get(0).overFolds().keySet());
        CsvTable.write(DurableFiles.SYSTEM, output.resolve("crossval.csv"), rows -> {
            List<String> row = new ArrayList<>(List.of("seed", "fold", "trained", "pictures", "patients"));
            row.addAll(names);
            rows.accept(row);
            for (CrossValidated.Repeat repeat : repeats) {
                for (CrossValidated.Fold fold : repeat.folds()) {
                    row.clear();
                    row.add(Long.toString(repeat.seed()));
                    for (int count : new int[] {fold.number(), fold.trained(), fold.pictures(), fold.patients()}) {
                        row.add(Integer.toString(count));
                    }
                    names.forEach(name -> row.add(fold.metrics().find(name).stream()
                            .mapToObj(Double::toString)
                            .findFirst()
                            .orElse("")));
                    rows.accept(row);
                }
            }
        });
    }
}
