package io.vit4j.evaluate;

import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.Dataset;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.Datasets;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.data.UnlabelledPictures;
import io.vit4j.infer.PictureFeatures;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.RocAuc;
import io.vit4j.model.VisionModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * What labels can be told from a model's features without training it: macro AUROCs on the validation split, learned from the training
 * split. Of larger splits evenly spaced pictures count: 20,000 to learn from, and 5,000 that are asked.
 *
 * @param nearest by the labels of the nearest neighbours (Wu et al. 2018; as DINO has it: 20 neighbours by cosine, each weighing
 *     {@code exp(cosine / 0.07)}); empty if undefined
 * @param linear by a logistic regression; empty if undefined
 */
public record FeatureProbe(OptionalDouble nearest, OptionalDouble linear) {
    private static final int NEIGHBOURS = 20;
    private static final double TEMPERATURE = 0.07;
    private static final int MOST_LEARNED = 20_000;
    private static final int MOST_ASKED = 5_000;

    /**
     * InputException if a data set cannot be probed with: it has no training or validation split, or numbers for labels.
     *
     * @param folder of the data set, for the message
     */
    public static void require(Path folder, ArrowDataset data) {
        DatasetInfo info = data.info();
        if (UnlabelledPictures.are(info)
                || info.problemType() == ProblemType.REGRESSION
                || data.rows(Split.TRAIN).length == 0
                || data.rows(Split.VALIDATION).length == 0) {
            throw InputException.in(
                    folder,
                    "cannot be probed with: that needs labels that are present or absent, and pictures in the training and"
                            + " validation splits; prepare it so, or leave out --probe-dataset");
        }
    }

    /** Probes a model with a labelled data set that {@link #require} accepts. */
    public static FeatureProbe of(VisionModel model, ArrowDataset data, Predictor.Settings settings) {
        DatasetInfo info = data.info();
        Dataset train = Datasets.spaced(data.split(Split.TRAIN), MOST_LEARNED);
        Dataset validation = Datasets.spaced(data.split(Split.VALIDATION), MOST_ASKED);
        List<String> labels = info.labels().names();
        float[] known = targets(train, info.problemType(), labels.size());
        float[] truth = targets(validation, info.problemType(), labels.size());
        PictureFeatures learned = PictureFeatures.of(model, train, CentreCrop.of(info), settings);
        PictureFeatures asked = PictureFeatures.of(model, validation, CentreCrop.of(info), settings);
        return new FeatureProbe(
                auroc(neighbours(learned, known, asked, labels.size()), truth, labels),
                auroc(LogisticRegression.fit(learned, known, labels.size()).probabilities(asked), truth, labels));
    }

    /** Of single-label data each class is told from the rest, as the probes have learned it. */
    static OptionalDouble auroc(float[] probabilities, float[] truth, List<String> labels) {
        double macro = RocAuc.of(
                        new EvalPrediction(
                                ProblemType.MULTI_LABEL,
                                truth.length / labels.size(),
                                labels.size(),
                                probabilities,
                                truth,
                                EvalPrediction.Scale.PROBABILITIES),
                        labels)
                .macro();
        return Double.isNaN(macro) ? OptionalDouble.empty() : OptionalDouble.of(macro);
    }

    /** N-hot, {@code [samples, labels]}, NaN where unknown. */
    static float[] targets(Dataset data, ProblemType type, int labels) {
        float[] hot = new float[data.size() * labels];
        for (int i = 0; i < data.size(); i++) {
            float[] own = data.labels(i);
            if (type == ProblemType.MULTI_LABEL) {
                System.arraycopy(own, 0, hot, i * labels, labels);
            } else if (own[0] >= 0) {
                hot[i * labels + (int) own[0]] = 1;
            } else {
                Arrays.fill(hot, i * labels, (i + 1) * labels, Float.NaN);
            }
        }
        return hot;
    }

    /** How much of the neighbours' weight has each label, {@code [asked, labels]}. */
    static float[] neighbours(PictureFeatures learned, float[] known, PictureFeatures asked, int labels) {
        float[] scores = new float[asked.pictures() * labels];
        float[] there = learned.unit();
        float[] here = asked.unit();
        int size = learned.size();
        IntStream.range(0, asked.pictures()).parallel().forEach(i -> {
            Nearest nearest = new Nearest(Math.min(NEIGHBOURS, learned.pictures()));
            for (int j = 0; j < learned.pictures(); j++) {
                double cosine = 0;
                for (int f = 0; f < size; f++) {
                    cosine += (double) here[i * size + f] * there[j * size + f];
                }
                nearest.offer(j, cosine);
            }
            for (int label = 0; label < labels; label++) {
                double present = 0;
                double all = 0;
                for (int n = 0; n < nearest.rows.length; n++) {
                    float truth = known[nearest.rows[n] * labels + label];
                    double weight = Float.isNaN(truth) ? 0 : Math.exp((nearest.cosines[n] - 1) / TEMPERATURE);
                    present += weight == 0 ? 0 : weight * truth;
                    all += weight;
                }
                scores[i * labels + label] = all == 0 ? 0 : (float) (present / all);
            }
        });
        return scores;
    }

    /** The rows of largest cosine so far, the nearest first; of equal ones, the first. */
    private static final class Nearest {
        private final int[] rows;
        private final double[] cosines;
        private int count;

        Nearest(int most) {
            rows = new int[most];
            cosines = new double[most];
        }

        void offer(int row, double cosine) {
            if (count == rows.length && cosine <= cosines[count - 1]) {
                return;
            }
            int at = count < rows.length ? count++ : count - 1;
            while (at > 0 && cosine > cosines[at - 1]) {
                rows[at] = rows[at - 1];
                cosines[at] = cosines[at - 1];
                at--;
            }
            rows[at] = row;
            cosines[at] = cosine;
        }
    }
}
