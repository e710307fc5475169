package io.vit4j.evaluate;

import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.Dataset;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.infer.PictureFeatures;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.model.VisionModel;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * What labels can be told from a model's features without training it: macro AUROCs on the validation split, learned from the training
 * split.
 *
 * @param nearest by the labels of the nearest neighbours (Wu et al. 2018; as DINO has it: 20 neighbours by cosine, each weighing
 *     {@code exp(cosine / 0.07)}); empty if undefined
 * @param linear by a logistic regression; empty if undefined
 */
public record FeatureProbe(OptionalDouble nearest, OptionalDouble linear) {
    private static final String AUROC = "roc_auc";
    private static final int NEIGHBOURS = 20;
    private static final double TEMPERATURE = 0.07;

    /** Probes a model with a labelled data set; InputException if it has no training or validation split, or numbers for labels. */
    public static FeatureProbe of(VisionModel model, ArrowDataset data, Predictor.Settings settings) {
        DatasetInfo info = data.info();
        Dataset train = data.split(Split.TRAIN);
        Dataset validation = data.split(Split.VALIDATION);
        if (info.problemType() == ProblemType.REGRESSION || train.size() == 0 || validation.size() == 0) {
            throw new InputException(
                    "the data set to probe with needs labels that are present or absent, and pictures in"
                            + " its training and validation splits; prepare it so");
        }
        float[] known = targets(train, info);
        PictureFeatures learned = PictureFeatures.of(model, train, CentreCrop.of(info), settings);
        PictureFeatures asked = PictureFeatures.of(model, validation, CentreCrop.of(info), settings);
        LogisticRegression regression =
                LogisticRegression.fit(learned, known, info.labels().size());
        return new FeatureProbe(
                auroc(neighbours(learned, known, asked, info.labels().size()), validation, info),
                auroc(regression.scores(asked), validation, info));
    }

    private static OptionalDouble auroc(float[] scores, Dataset validation, DatasetInfo info) {
        float[] truth = new float[validation.size() * info.labelCount()];
        for (int i = 0; i < validation.size(); i++) {
            System.arraycopy(validation.labels(i), 0, truth, i * info.labelCount(), info.labelCount());
        }
        EvalPrediction prediction = new EvalPrediction(
                info.problemType(), validation.size(), info.labels().size(), scores, truth);
        Double auroc = MetricFunction.of(info.problemType(), info.labels().names())
                .compute(prediction)
                .get(AUROC);
        return auroc == null ? OptionalDouble.empty() : OptionalDouble.of(auroc);
    }

    /** N-hot, {@code [samples, labels]}, NaN where unknown. */
    private static float[] targets(Dataset data, DatasetInfo info) {
        int labels = info.labels().size();
        float[] hot = new float[data.size() * labels];
        for (int i = 0; i < data.size(); i++) {
            float[] own = data.labels(i);
            if (info.problemType() == ProblemType.MULTI_LABEL) {
                System.arraycopy(own, 0, hot, i * labels, labels);
            } else if (Float.isNaN(own[0])) {
                Arrays.fill(hot, i * labels, (i + 1) * labels, Float.NaN);
            } else {
                hot[i * labels + (int) own[0]] = 1;
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
            double[] cosines = new double[learned.pictures()];
            for (int j = 0; j < cosines.length; j++) {
                for (int f = 0; f < size; f++) {
                    cosines[j] += (double) here[i * size + f] * there[j * size + f];
                }
            }
            int[] nearest = IntStream.range(0, cosines.length)
                    .boxed()
                    .sorted((a, b) -> Double.compare(cosines[b], cosines[a]))
                    .limit(NEIGHBOURS)
                    .mapToInt(Integer::intValue)
                    .toArray();
            for (int label = 0; label < labels; label++) {
                double present = 0;
                double all = 0;
                for (int j : nearest) {
                    float truth = known[j * labels + label];
                    double weight = Float.isNaN(truth) ? 0 : Math.exp((cosines[j] - 1) / TEMPERATURE);
                    present += weight == 0 ? 0 : weight * truth;
                    all += weight;
                }
                scores[i * labels + label] = all == 0 ? 0 : (float) (present / all);
            }
        });
        return scores;
    }
}
