package io.vit4j.walk;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Asymmetric loss for multi-label data (Ridnik et al. 2021, equation 7): positives and negatives are focused differently,
 * and negatives that are easy enough do not count at all. With the probability {@code p} and {@code m = max(p - clip, 0)}, a
 * positive label gives {@code -(1 - p)^gammaPositive log p}, a negative one {@code -m^gammaNegative log(1 - m)}. NaN labels
 * do not count.
 *
 * @param gammaPositive focusing of positives, at least 0
 * @param gammaNegative focusing of negatives, at least 0
 * @param clip negatives below this probability do not count; 0 to 1
 */
public record AsymmetricLoss(double gammaPositive, double gammaNegative, double clip) implements EntrywiseObjective {
    /** Of the paper's experiments. */
    public static final AsymmetricLoss DEFAULTS = new AsymmetricLoss(0, 4, 0.05);

    /** Below it a probability counts as 0, where its power might have an infinite slope. */
    private static final double SMALLEST = 1e-8;

    @Override
    public Tensor entries(Tensor logits, TargetTensors targets) {
        Tensor labels = targets.values();
        Tensor logWrong = torch.log_sigmoid(logits.neg()); // log(1 - p)
        Tensor positive = torch.log_sigmoid(logits);
        if (gammaPositive > 0) {
            positive = torch.mul(torch.exp(torch.mul(logWrong, new Scalar(gammaPositive))), positive);
        }
        Tensor shifted = torch.clamp_min(torch.sub(torch.sigmoid(logits), new Scalar(clip)), new Scalar(SMALLEST));
        Tensor negative = clip > 0 ? torch.log1p(shifted.neg()) : logWrong;
        if (gammaNegative > 0) {
            negative = torch.mul(torch.pow(shifted, new Scalar(gammaNegative)), negative);
        }
        Tensor absent = torch.add(labels.neg(), new Scalar(1.0));
        return torch.add(torch.mul(labels, positive), torch.mul(absent, negative))
                .neg();
    }
}
