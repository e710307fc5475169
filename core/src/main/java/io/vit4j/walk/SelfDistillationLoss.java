package io.vit4j.walk;

import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What a student minimises that learns from its teacher (Caron et al. 2021, equation 3): the cross-entropy between what the teacher says of
 * each large view and what the student says of every other view, the mean over these pairs. A sample's labels are the teacher's
 * probabilities, {@code [large views, prototypes]}.
 *
 * @param prototypes numbers that are predicted of a view
 * @param large views that the teacher sees, the first of all
 * @param views that the student sees
 * @param temperature that the student's predictions are divided by
 */
public record SelfDistillationLoss(int prototypes, int large, int views, double temperature) implements Objective {
    @Override
    public ProblemType problemType() {
        return ProblemType.REGRESSION;
    }

    @Override
    public boolean keepsPredictions() {
        return false;
    }

    /** Of a batch that no teacher has seen yet, none. */
    @Override
    public Targets targets(float[] labels, int samples, int outputs) {
        double[] counted = new double[samples];
        Arrays.fill(counted, 1);
        return new Targets(
                samples,
                labels.length / Math.max(1, samples),
                labels.clone(),
                Targets.UNWEIGHTED,
                Targets.UNWEIGHTED,
                counted);
    }

    @Override
    public Tensor sum(Tensor predictions, TargetTensors targets) {
        long samples = predictions.size(0);
        Tensor student =
                torch.log_softmax(torch.div(predictions.view(samples, views, prototypes), new Scalar(temperature)), 2);
        Tensor teacher = targets.values().view(samples, large, prototypes);
        Tensor pairs = torch.bmm(teacher, student.transpose(1, 2)); // [samples, large, views]
        Tensor same = pairs.diagonal(0, 1, 2); // what the teacher saw itself
        return torch.div(torch.sub(same.sum(), pairs.sum()), new Scalar((double) large * (views - 1)));
    }
}
