package io.vit4j.walk;

import io.vit4j.data.Targets;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Binary cross-entropy with logits over every label ({@code BCEWithLogitsLoss}), {@code -(w y log p + (1 - y) log(1 - p))}.
 * Labels may be anything from 0 to 1; NaN labels do not count.
 *
 * @param posWeight how much each label's positives weigh, {@code w}; empty: 1
 * @param labelSmoothing draws labels towards 1/2, {@code y (1 - s) + s / 2} (Szegedy et al. 2016); 0 for none
 */
public record BinaryCrossEntropy(float[] posWeight, double labelSmoothing) implements EntrywiseObjective {
    /** {@code at::Reduction}'s number: every entry by itself. */
    static final int NONE = 0;

    /** With all labels weighing the same, as they are. */
    public BinaryCrossEntropy() {
        this(Targets.UNWEIGHTED, 0);
    }

    @Override
    public float target(float label) {
        return labelSmoothing == 0 ? label : label * (float) (1 - labelSmoothing) + (float) (labelSmoothing / 2);
    }

    @Override
    public float[] classWeights() {
        return posWeight;
    }

    @Override
    public Tensor entries(Tensor predictions, TargetTensors targets) {
        return torch.binary_cross_entropy_with_logits(
                predictions,
                targets.values(),
                new TensorOptional(),
                targets.classWeights().map(TensorOptional::new).orElseGet(TensorOptional::new),
                NONE);
    }
}
