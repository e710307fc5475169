package io.vit4j.report;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.ImageTransform;
import io.vit4j.infer.Decision;
import io.vit4j.infer.Explanation;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.TorchRuntime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A picture of the report.
 *
 * @param number of the picture within its split, from 1
 * @param label that the model was asked about
 * @param probability that it gave, after the temperature
 * @param truth the labels that the picture has
 * @param jpeg the picture as the model saw it
 * @param overlay what the model looked at, a smaller PNG to be stretched over it
 */
record ExamplePicture(
        Kind kind, int number, String label, double probability, List<String> truth, byte[] jpeg, byte[] overlay) {
    private static final int OF_A_KIND = 6;
    private static final float QUALITY = 0.85f;
    private static final int OVERLAY_SIDE = 96;

    /** Right or wrong, and how. */
    enum Kind {
        FALSE_ALARM("False alarms: predicted, but absent", 0, true),
        MISS("Misses: present, but not predicted", 1, false),
        HIT("Found: predicted and present", 1, true);

        private final String title;
        private final float truth;
        private final boolean called;

        Kind(String title, float truth, boolean called) {
            this.title = title;
            this.truth = truth;
            this.called = called;
        }

        String title() {
            return title;
        }
    }

    /** A sample and one of its labels. */
    private record Pair(Kind kind, int sample, int label, float probability) {}

    /**
     * The surest of each kind, at most one of a picture and two of a label.
     *
     * @param rows of the data set, one a sample of the prediction
     * @param decision by which labels are called
     */
    static List<ExamplePicture> of(
            EvalPrediction prediction, ArrowDataset data, int[] rows, VisionModel model, Decision decision) {
        EvalPrediction probabilities = decision.probabilities(prediction);
        List<String> labels = model.definition().labels();
        List<Pair> pairs = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            pairs.addAll(surest(kind, probabilities, thresholds(labels, decision)));
        }
        ImageTransform transform = CentreCrop.of(data.info());
        List<Explanation.Target> asked = pairs.stream()
                .map(pair -> new Explanation.Target(
                        transform.apply(data.get(rows[pair.sample()]).picture(), RandomKey.of(0)), pair.label()))
                .toList();
        List<Explanation.Explained> explained;
        try (Explanation explanation = new Explanation(model)) {
            explained = explanation.of(asked, Explanation.Method.usual(model.definition()), TorchRuntime.threads());
        }
        return IntStream.range(0, pairs.size())
                .mapToObj(i -> {
                    Pair pair = pairs.get(i);
                    return new ExamplePicture(
                            pair.kind(),
                            pair.sample() + 1,
                            labels.get(pair.label()),
                            pair.probability(),
                            PictureGrid.labelsOf(data, rows[pair.sample()]),
                            Canvas.jpeg(Canvas.image(asked.get(i).picture()), QUALITY),
                            Canvas.png(Overlay.layer(explained.get(i).heatmap().scaled(), OVERLAY_SIDE, OVERLAY_SIDE)));
                })
                .toList();
    }

    /** The least probability that is called, a label; that of single-label data is the highest one's, which 0.5 stands for. */
    private static double[] thresholds(List<String> labels, Decision decision) {
        return labels.stream()
                .mapToDouble(label -> decision.thresholds().getOrDefault(label, 0.5))
                .toArray();
    }

    private static List<Pair> surest(Kind kind, EvalPrediction probabilities, double[] thresholds) {
        List<Pair> candidates = new ArrayList<>();
        for (int j = 0; j < probabilities.labels(); j++) {
            int label = j;
            float[] scores = probabilities.scores(j);
            float[] truth = probabilities.truth(j);
            Comparator<Integer> byScore = Comparator.comparingDouble(i -> scores[i]);
            IntStream.range(0, scores.length)
                    .filter(i -> truth[i] == kind.truth && scores[i] >= thresholds[label] == kind.called)
                    .boxed()
                    .sorted(kind.called ? byScore.reversed() : byScore)
                    .limit(2)
                    .forEach(i -> candidates.add(new Pair(kind, i, label, scores[i])));
        }
        Comparator<Pair> byProbability = Comparator.comparingDouble(Pair::probability);
        candidates.sort(kind.called ? byProbability.reversed() : byProbability);
        Map<Integer, Pair> oneOfASample = new HashMap<>();
        candidates.forEach(pair -> oneOfASample.putIfAbsent(pair.sample(), pair));
        return candidates.stream()
                .filter(pair -> oneOfASample.get(pair.sample()) == pair)
                .limit(OF_A_KIND)
                .toList();
    }
}
