package io.vit4j.walk;

import io.vit4j.data.ProblemType;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** The losses that transformers chooses among, by {@code problem_type}. */
public final class Losses {
    /** {@code at::Reduction}'s numbers. */
    private static final int MEAN = 1;

    private static final int SUM = 2;

    private Losses() {}

    /** The loss that fits the labels. */
    public static Loss of(ProblemType type) {
        return switch (type) {
            case MULTI_LABEL -> new BinaryCrossEntropy();
            case SINGLE_LABEL -> new CrossEntropy(0);
            case REGRESSION -> new MeanSquaredError();
        };
    }

    /** Labels whose truth is unknown are NaN and are not learned from. */
    static long known(float[] labels) {
        long known = 0;
        for (float label : labels) {
            if (!Float.isNaN(label)) {
                known++;
            }
        }
        return known;
    }

    /** Binary cross-entropy with logits over every label ({@code BCEWithLogitsLoss}); NaN labels do not count. */
    public record BinaryCrossEntropy() implements Loss {
        @Override
        public Tensor mean(Tensor logits, Tensor labels) {
            Tensor unknown = torch.isnan(labels);
            if (!unknown.any().item_bool()) {
                return bce(logits, labels, new TensorOptional(), MEAN);
            }
            Tensor weight = torch.logical_not(unknown).to(torch.ScalarType.Float);
            Tensor sum = bce(logits, torch.nan_to_num(labels), new TensorOptional(weight), SUM);
            return torch.div(sum, torch.clamp_min(weight.sum(), new Scalar(1.0)));
        }

        @Override
        public long counted(float[] labels) {
            return known(labels);
        }

        private static Tensor bce(Tensor logits, Tensor labels, TensorOptional weight, int reduction) {
            return torch.binary_cross_entropy_with_logits(logits, labels, weight, new TensorOptional(), reduction);
        }
    }

    /**
     * Cross-entropy over classes ({@code CrossEntropyLoss}); labels are {@code [batch, 1]} class numbers.
     *
     * @param labelSmoothing 0 for none (Szegedy et al. 2016)
     */
    public record CrossEntropy(double labelSmoothing) implements Loss {
        private static final long NO_IGNORED_CLASS = -100;

        @Override
        public Tensor mean(Tensor logits, Tensor labels) {
            Tensor classes = labels.reshape(labels.size(0)).to(torch.ScalarType.Long);
            return torch.cross_entropy_loss(
                    logits, classes, new TensorOptional(), MEAN, NO_IGNORED_CLASS, labelSmoothing);
        }
    }

    /** Mean squared error over every number ({@code MSELoss}). */
    public record MeanSquaredError() implements Loss {
        @Override
        public Tensor mean(Tensor logits, Tensor labels) {
            return torch.mse_loss(logits, labels.reshape(logits.shape()), MEAN);
        }
    }
}
