package io.vit4j.walk;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Focal loss for multi-label data (Lin et al. 2017, equation 5): binary cross-entropy in which labels that the model already
 * has right count less, {@code -a (1 - q)^gamma log q}, where {@code q} is the probability given to the truth and {@code a}
 * is alpha for positives, 1 - alpha for negatives. NaN labels do not count.
 *
 * @param gamma how much less, at least 0; 0 is cross-entropy
 * @param alpha weight of positives in 0 to 1; below 0: both weigh 1
 */
public record FocalLoss(double gamma, double alpha) implements EntrywiseObjective {
    /** Of the paper. */
    public static final FocalLoss DEFAULTS = new FocalLoss(2, 0.25);

    @Override
    public Tensor entries(Tensor logits, TargetTensors targets) {
        Tensor labels = targets.values();
        Tensor crossEntropy = torch.binary_cross_entropy_with_logits(
                logits, labels, new TensorOptional(), new TensorOptional(), BinaryCrossEntropy.NONE);
        Tensor sign = torch.sub(torch.mul(labels, new Scalar(2.0)), new Scalar(1.0)); // 1 for positives, else -1
        Tensor logWrong = torch.log_sigmoid(torch.mul(logits, sign).neg()); // log(1 - q), without loss of digits
        Tensor loss = torch.mul(torch.exp(torch.mul(logWrong, new Scalar(gamma))), crossEntropy);
        if (alpha < 0) {
            return loss;
        }
        Tensor weight = torch.add(torch.mul(labels, new Scalar(2 * alpha - 1)), new Scalar(1 - alpha));
        return torch.mul(weight, loss);
    }
}
