package io.vit4j.walk;

import io.vit4j.base.InputException;
import io.vit4j.data.ProblemType;
import io.vit4j.torch.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** The losses that transformers chooses among, by {@code problem_type}. */
public final class Losses {
    /** {@code at::Reduction}'s numbers. */
    private static final int NONE = 0;

    private static final int MEAN = 1;

    private static final int SUM = 2;

    private static final float[] UNWEIGHTED = {};

    private Losses() {}

    /** The loss that fits the labels. */
    public static Loss of(ProblemType type) {
        return switch (type) {
            case MULTI_LABEL -> new BinaryCrossEntropy();
            case SINGLE_LABEL -> new CrossEntropy(0);
            case REGRESSION -> new MeanSquaredError();
        };
    }

    /** Weights of labels on the device of {@code beside}; none where there are none. */
    private static TensorOptional weights(float[] weights, Tensor beside) {
        return weights.length == 0
                ? new TensorOptional()
                : new TensorOptional(Tensors.of(weights, weights.length).to(beside.device(), torch.ScalarType.Float));
    }

    /**
     * Binary cross-entropy with logits over every label ({@code BCEWithLogitsLoss}), {@code -(w y log p + (1 - y) log(1 -
     * p))}; NaN labels do not count.
     *
     * @param posWeight how much each label's positives weigh, {@code w}; empty: 1
     * @param labelSmoothing draws labels towards 1/2, {@code y (1 - s) + s / 2} (Szegedy et al. 2016); 0 for none
     */
    public record BinaryCrossEntropy(float[] posWeight, double labelSmoothing) implements EntrywiseLoss {
        public BinaryCrossEntropy() {
            this(UNWEIGHTED, 0);
        }

        @Override
        public Tensor entries(Tensor logits, Tensor labels) {
            Tensor smooth = labelSmoothing == 0
                    ? labels
                    : torch.add(torch.mul(labels, new Scalar(1 - labelSmoothing)), new Scalar(labelSmoothing / 2));
            return torch.binary_cross_entropy_with_logits(
                    logits, smooth, new TensorOptional(), weights(posWeight, logits), NONE);
        }
    }

    /**
     * Cross-entropy over classes ({@code CrossEntropyLoss}); labels are {@code [batch, 1]} class numbers, NaN or -100 where
     * the class is unknown and does not count. With class weights the mean is weighted by the samples' classes.
     *
     * @param classWeight how much each class weighs; empty: 1
     * @param labelSmoothing share of the target that is spread over all classes (Szegedy et al. 2016); 0 for none
     */
    public record CrossEntropy(float[] classWeight, double labelSmoothing) implements Loss {
        private static final int IGNORED_CLASS = -100;

        /**
         * With all classes weighing the same.
         * @param labelSmoothing share of the target that is spread over all classes; 0 for none
         */
        public CrossEntropy(double labelSmoothing) {
            this(UNWEIGHTED, labelSmoothing);
        }

        @Override
        public ProblemType problemType() {
            return ProblemType.SINGLE_LABEL;
        }

        @Override
        public Tensor mean(Tensor logits, Tensor labels) {
            float[] numbers = Tensors.toFloats(labels);
            requireClasses(numbers, logits.size(1));
            Tensor classes = torch.nan_to_num(
                            labels.reshape(logits.size(0)),
                            new org.bytedeco.pytorch.DoubleOptional(IGNORED_CLASS),
                            new org.bytedeco.pytorch.DoubleOptional(),
                            new org.bytedeco.pytorch.DoubleOptional())
                    .to(torch.ScalarType.Long);
            int reduction = counted(numbers) > 0 ? MEAN : SUM;
            return torch.cross_entropy_loss(
                    logits, classes, weights(classWeight, logits), reduction, IGNORED_CLASS, labelSmoothing);
        }

        @Override
        public double counted(float[] labels) {
            double counted = 0;
            for (float label : labels) {
                if (!unknown(label)) {
                    counted += weight(label);
                }
            }
            return counted;
        }

        private double weight(float label) {
            if (classWeight.length == 0) {
                return 1;
            }
            requireClasses(new float[] {label}, classWeight.length);
            return classWeight[(int) label];
        }

        private static boolean unknown(float label) {
            return Float.isNaN(label) || label == IGNORED_CLASS;
        }

        private static void requireClasses(float[] labels, long classes) {
            for (float label : labels) {
                if (!unknown(label) && !(label >= 0 && label < classes && label == (int) label)) {
                    throw new InputException("a sample's label is " + label + ", where the model has classes 0 to "
                            + (classes - 1) + "; correct the data's labels or the model's id2label");
                }
            }
        }
    }

    /** Mean squared error over every number ({@code MSELoss}); NaN labels do not count. */
    public record MeanSquaredError() implements EntrywiseLoss {
        @Override
        public ProblemType problemType() {
            return ProblemType.REGRESSION;
        }

        @Override
        public Tensor entries(Tensor logits, Tensor labels) {
            return torch.mse_loss(logits, labels, NONE);
        }
    }
}
