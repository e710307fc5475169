package io.vit4j.walk;

import io.vit4j.data.ProblemType;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Mean squared error over every number ({@code MSELoss}); NaN labels do not count. */
public record MeanSquaredError() implements EntrywiseObjective {
    @Override
    public ProblemType problemType() {
        return ProblemType.REGRESSION;
    }

    @Override
    public Tensor entries(Tensor predictions, TargetTensors targets) {
        return torch.mse_loss(predictions, targets.values(), BinaryCrossEntropy.NONE);
    }
}
