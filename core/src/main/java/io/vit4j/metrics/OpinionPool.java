package io.vit4j.metrics;

import io.vit4j.base.InputException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Several models' predictions of the same samples as one: the weighted mean of their probabilities, which is the linear opinion pool
 * (Stone 1961) and, with equal weights, a deep ensemble (Lakshminarayanan et al. 2017). Of a regression, the weighted mean of the
 * numbers. What comes out is on the scale of logits again: the log-odds of each label, or the logarithm of each class's probability.
 */
public final class OpinionPool {
    /** No weights fit better than by so much, in nats a known label. */
    private static final double GAP = 1e-8;

    private static final int MOST_ROUNDS = 20_000;

    private OpinionPool() {}

    /**
     * One prediction from several.
     *
     * @param members outputs for the same samples and labels, with the same truth
     * @param weights one a member, not negative, with the sum 1
     */
    public static EvalPrediction of(List<EvalPrediction> members, double[] weights) {
        EvalPrediction first = requireAlike(members);
        double[] logWeights = Arrays.stream(weights).map(Math::log).toArray();
        int labels = first.labels();
        float[] pooled = new float[first.predictions().length];
        RowChunks.forEach(first.samples(), (from, to) -> {
            double[][] logs = new double[members.size()][labels];
            double[] terms = new double[members.size()];
            for (int i = from; i < to; i++) {
                for (int m = 0; first.singleLabel() && m < members.size(); m++) {
                    logSoftmax(members.get(m), i, logs[m]);
                }
                for (int j = 0; j < labels; j++) {
                    int at = i * labels + j;
                    pooled[at] = (float)
                            switch (first.problemType()) {
                                case REGRESSION -> {
                                    double sum = 0;
                                    for (int m = 0; m < terms.length; m++) {
                                        sum += weights[m] * members.get(m).predictions()[at];
                                    }
                                    yield sum;
                                }
                                case SINGLE_LABEL -> {
                                    for (int m = 0; m < terms.length; m++) {
                                        terms[m] = logWeights[m] + logs[m][j];
                                    }
                                    yield logSum(terms);
                                }
                                case MULTI_LABEL -> {
                                    for (int m = 0; m < terms.length; m++) {
                                        terms[m] = logWeights[m]
                                                + logSigmoid(members.get(m).predictions()[at]);
                                    }
                                    double present = logSum(terms);
                                    for (int m = 0; m < terms.length; m++) {
                                        terms[m] = logWeights[m]
                                                + logSigmoid(-members.get(m).predictions()[at]);
                                    }
                                    yield present - logSum(terms);
                                }
                            };
                }
            }
        });
        return new EvalPrediction(first.problemType(), first.samples(), labels, pooled, first.labelIds());
    }

    /**
     * The weights with the lowest log loss of the pool: not negative, with the sum 1. The loss is convex in them, and is lowered by
     * expectation-maximisation until no other weights can be better by more than 1e-8.
     *
     * @param members outputs for the same samples; InputException if their truth is unknown, or if they are a regression's
     */
    public static double[] fit(List<EvalPrediction> members) {
        EvalPrediction first = requireAlike(members);
        if (first.regression()) {
            throw new InputException(
                    "weights are fitted by the log loss of probabilities, which a regression has not; use equal weights,"
                            + " or give them");
        }
        double[][] likelihood = likelihood(members);
        if (likelihood[0].length == 0) {
            throw new InputException("there is nothing to fit weights to: the truth of no sample is known");
        }
        int count = members.size();
        double[] weights = new double[count];
        Arrays.fill(weights, 1.0 / count);
        for (int round = 0; round < MOST_ROUNDS; round++) {
            double[] gain = new double[count];
            for (int k = 0; k < likelihood[0].length; k++) {
                double pool = 0;
                for (int m = 0; m < count; m++) {
                    pool += weights[m] * likelihood[m][k];
                }
                for (int m = 0; m < count; m++) {
                    gain[m] += likelihood[m][k] / pool;
                }
            }
            double sum = 0;
            double most = 0;
            for (int m = 0; m < count; m++) {
                gain[m] /= likelihood[0].length;
                most = Math.max(most, gain[m]);
                weights[m] *= gain[m];
                sum += weights[m];
            }
            for (int m = 0; m < count; m++) {
                weights[m] /= sum;
            }
            if (most - 1 < GAP) { // the log-likelihood is concave, so this bounds how far it is from its maximum
                break;
            }
        }
        return weights;
    }

    /** For each member the probability that it gives to each known truth, over the largest that any member gives. */
    private static double[][] likelihood(List<EvalPrediction> members) {
        EvalPrediction first = members.get(0);
        int labels = first.labels();
        int[] known = IntStream.range(0, first.labelIds().length)
                .filter(k -> first.singleLabel()
                        ? !EvalPrediction.unknownClass(first.labelIds()[k])
                        : !Float.isNaN(first.labelIds()[k]))
                .toArray();
        double[][] logs = new double[members.size()][known.length];
        double[] row = new double[labels];
        for (int m = 0; m < members.size(); m++) {
            EvalPrediction member = members.get(m);
            for (int k = 0; k < known.length; k++) {
                float truth = first.labelIds()[known[k]];
                if (first.singleLabel()) {
                    logSoftmax(member, known[k], row);
                    logs[m][k] = row[(int) truth];
                } else {
                    float logit = member.predictions()[known[k]];
                    logs[m][k] = logSigmoid(truth == 1 ? logit : -logit);
                }
            }
        }
        for (int k = 0; k < known.length; k++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (double[] member : logs) {
                largest = Math.max(largest, member[k]);
            }
            for (double[] member : logs) {
                member[k] = Math.exp(member[k] - largest);
            }
        }
        return logs;
    }

    private static EvalPrediction requireAlike(List<EvalPrediction> members) {
        EvalPrediction first = members.get(0);
        for (EvalPrediction member : members) {
            if (member.problemType() != first.problemType()
                    || member.samples() != first.samples()
                    || member.labels() != first.labels()) {
                throw new IllegalArgumentException(member + " beside " + first);
            }
        }
        return first;
    }

    private static double logSigmoid(double logit) {
        return Math.min(logit, 0) - Math.log1p(Math.exp(-Math.abs(logit)));
    }

    private static void logSoftmax(EvalPrediction prediction, int sample, double[] into) {
        for (int j = 0; j < into.length; j++) {
            into[j] = prediction.predictions()[sample * into.length + j];
        }
        double sum = logSum(into);
        for (int j = 0; j < into.length; j++) {
            into[j] -= sum;
        }
    }

    private static double logSum(double[] logs) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double log : logs) {
            largest = Math.max(largest, log);
        }
        if (largest == Double.NEGATIVE_INFINITY) {
            return largest;
        }
        double sum = 0;
        for (double log : logs) {
            sum += Math.exp(log - largest);
        }
        return largest + Math.log(sum);
    }
}
