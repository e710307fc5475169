package io.vit4j.walk;

import io.vit4j.data.ProblemType;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A loss of every label by itself: its mean is over all labels whose truth is known, the others being NaN. */
interface EntrywiseLoss extends Loss {
    /**
     * The loss of each entry, {@code [batch, labels]}.
     *
     * @param labels without NaN
     */
    Tensor entries(Tensor logits, Tensor labels);

    @Override
    default ProblemType problemType() {
        return ProblemType.MULTI_LABEL;
    }

    @Override
    default Tensor mean(Tensor logits, Tensor labels) {
        Tensor truth = labels.reshape(logits.shape());
        Tensor unknown = torch.isnan(truth);
        if (!unknown.any().item_bool()) {
            return entries(logits, truth).mean();
        }
        Tensor known = torch.logical_not(unknown).to(torch.ScalarType.Float);
        Tensor sum = torch.mul(entries(logits, torch.nan_to_num(truth)), known).sum();
        return torch.div(sum, torch.clamp_min(known.sum(), new Scalar(1.0)));
    }

    @Override
    default double counted(float[] labels) {
        int known = 0;
        for (float label : labels) {
            if (!Float.isNaN(label)) {
                known++;
            }
        }
        return known;
    }
}
