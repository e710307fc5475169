package io.vit4j.walk;

import io.vit4j.base.InputException;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import org.bytedeco.pytorch.Tensor;

/** An objective of every label by itself: its mean is over all labels that are known, the others being NaN. */
interface EntrywiseObjective extends Objective {
    /**
     * The loss of each entry, {@code [samples, outputs]}.
     *
     * @param targets its values finite, some number where unknown
     */
    Tensor entries(Tensor predictions, TargetTensors targets);

    /** What a known label becomes as a target. */
    default float target(float label) {
        return label;
    }

    /** How much each label weighs, if not 1. */
    default float[] classWeights() {
        return Targets.UNWEIGHTED;
    }

    @Override
    default ProblemType problemType() {
        return ProblemType.MULTI_LABEL;
    }

    @Override
    default Targets targets(float[] labels, int samples, int outputs) {
        if (labels.length != samples * outputs) {
            throw new InputException(
                    labels.length / Math.max(1, samples) + " label values per picture, but the model has " + outputs
                            + " outputs; give a loss and labels that fit the model");
        }
        float[] values = new float[labels.length];
        float[] known = new float[labels.length];
        double[] counted = new double[samples];
        boolean all = true;
        for (int i = 0; i < labels.length; i++) {
            if (Float.isNaN(labels[i])) {
                all = false;
            } else {
                values[i] = target(labels[i]);
                known[i] = 1;
                counted[i / outputs]++;
            }
        }
        return new Targets(samples, outputs, values, all ? Targets.UNWEIGHTED : known, classWeights(), counted);
    }

    @Override
    default Tensor sum(Tensor predictions, TargetTensors targets) {
        return targets.sum(entries(predictions, targets));
    }
}
