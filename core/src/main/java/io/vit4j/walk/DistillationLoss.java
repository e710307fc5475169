package io.vit4j.walk;

import io.vit4j.base.InputException;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * The loss of the labels, and of a teacher's predictions: {@code (1 - alpha) * labels + alpha * teacher}, as DeiT has it (Touvron et al.
 * 2021). Soft, the second is {@code T^2 KL(teacher / T, student / T)} (Hinton et al. 2015), divided by the number of classes as in
 * DeiT's code; hard, it is the cross-entropy with the class that the teacher finds most likely. Of several labels each is a
 * distribution of its own over present and absent, and the second loss is their mean.
 *
 * <p>The labels of a sample are followed by the teacher's logits. Predictions may have twice as many numbers as there are outputs:
 * the first half then learns from labels, the second from the teacher.
 *
 * @param ofLabels of the data's labels
 * @param settings how the teacher is learned from
 */
public record DistillationLoss(Objective ofLabels, Settings settings) implements Objective {
    /**
     * @param hard whether the teacher's decision is learned, rather than its probabilities
     * @param alpha share of the teacher's loss
     * @param temperature logits are divided by, with {@code hard} false
     */
    public record Settings(boolean hard, double alpha, double temperature) {}

    /** InputException if the labels are numbers, which no teacher has probabilities of. */
    public DistillationLoss {
        if (ofLabels.problemType() == ProblemType.REGRESSION) {
            throw new InputException(
                    "teacher: distillation is for models of classes or labels, not for regression; leave teacher out");
        }
    }

    @Override
    public ProblemType problemType() {
        return ofLabels.problemType();
    }

    /** Row by row: the labels' targets, what the sample counts, the teacher's logits. */
    @Override
    public Targets targets(float[] labels, int samples, int outputs) {
        int width = labels.length / Math.max(1, samples);
        int own = width - outputs;
        float[] ofData = new float[samples * own];
        for (int i = 0; i < samples; i++) {
            System.arraycopy(labels, i * width, ofData, i * own, own);
        }
        Targets base = ofLabels.targets(ofData, samples, outputs);
        if (base.width() != outputs) {
            throw new InputException("teacher: distillation needs a loss with one target for each of the model's "
                    + outputs + " outputs; this one has " + base.width());
        }
        int wide = 2 * outputs + 1;
        float[] values = new float[samples * wide];
        for (int i = 0; i < samples; i++) {
            System.arraycopy(base.values(), i * outputs, values, i * wide, outputs);
            values[i * wide + outputs] = (float) base.counted()[i];
            System.arraycopy(labels, i * width + own, values, i * wide + outputs + 1, outputs);
        }
        return new Targets(
                samples,
                wide,
                values,
                widened(base.entryWeights(), samples, outputs),
                widened(base.classWeights(), 1, outputs),
                base.counted());
    }

    private static float[] widened(float[] weights, int rows, int outputs) {
        if (weights.length == 0) {
            return Targets.UNWEIGHTED;
        }
        int wide = 2 * outputs + 1;
        float[] all = new float[rows * wide];
        Arrays.fill(all, 1);
        for (int row = 0; row < rows; row++) {
            System.arraycopy(weights, row * outputs, all, row * wide, outputs);
        }
        return all;
    }

    @Override
    public Tensor sum(Tensor predictions, TargetTensors targets) {
        long outputs = (targets.values().size(1) - 1) / 2;
        Tensor first = predictions.narrow(1, 0, outputs);
        Tensor last = predictions.narrow(1, predictions.size(1) - outputs, outputs);
        Tensor counted = targets.values().select(1, outputs); // [samples]
        Tensor teacher = targets.values().narrow(1, outputs + 1, outputs);
        Tensor distance =
                problemType() == ProblemType.SINGLE_LABEL ? fromClasses(last, teacher) : fromLabels(last, teacher);
        Tensor learned = torch.mul(distance, counted).sum();
        return torch.add(
                torch.mul(ofLabels.sum(first, targets.columns(0, outputs)), new Scalar(1 - settings.alpha())),
                torch.mul(learned, new Scalar(settings.alpha())));
    }

    /** {@code [samples, classes]} to {@code [samples]} */
    private Tensor fromClasses(Tensor student, Tensor teacher) {
        if (settings.hard()) {
            Tensor decided = teacher.argmax(new LongOptional(1), true);
            return torch.log_softmax(student, 1).gather(1, decided).neg().squeeze(1);
        }
        Tensor there = torch.log_softmax(cooled(teacher), 1);
        Tensor here = torch.log_softmax(cooled(student), 1);
        return torch.mul(torch.exp(there), torch.sub(there, here))
                .mean(new long[] {1})
                .mul(squaredTemperature());
    }

    /** {@code [samples, labels]} to {@code [samples]} */
    private Tensor fromLabels(Tensor student, Tensor teacher) {
        if (settings.hard()) {
            Tensor decided = torch.gt(teacher, new Scalar(0.0)).to(teacher.scalar_type());
            return crossEntropy(student, decided).mean(new long[] {1});
        }
        Tensor likely = torch.sigmoid(cooled(teacher));
        Tensor entropy = crossEntropy(cooled(teacher), likely);
        return torch.sub(crossEntropy(cooled(student), likely), entropy)
                .mean(new long[] {1})
                .mul(squaredTemperature());
    }

    private static Tensor crossEntropy(Tensor logits, Tensor targets) {
        return torch.binary_cross_entropy_with_logits(
                logits, targets, new TensorOptional(), new TensorOptional(), BinaryCrossEntropy.NONE);
    }

    private Tensor cooled(Tensor logits) {
        return torch.div(logits, new Scalar(settings.temperature()));
    }

    private Scalar squaredTemperature() {
        return new Scalar(settings.temperature() * settings.temperature());
    }
}
