package io.vit4j.walk;

import io.vit4j.base.InputException;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Cross-entropy over classes ({@code CrossEntropyLoss}), {@code -sum over c of w_c y_c log softmax(x)_c}. A label is one class
 * number, NaN or -100 if the class is unknown and does not count; or a share of every class (as mixing two pictures makes
 * them), NaN if unknown. With class weights the mean is weighted by the samples' classes.
 *
 * @param classWeight how much each class weighs, {@code w}; empty: 1
 * @param labelSmoothing share of the target that is spread over all classes (Szegedy et al. 2016); 0 for none
 */
public record CrossEntropy(float[] classWeight, double labelSmoothing) implements Objective {
    private static final int IGNORED_CLASS = -100;

    /** With all classes weighing the same, as they are. */
    public CrossEntropy() {
        this(Targets.UNWEIGHTED, 0);
    }

    @Override
    public ProblemType problemType() {
        return ProblemType.SINGLE_LABEL;
    }

    @Override
    public Targets targets(float[] labels, int samples, int outputs) {
        boolean numbers = labels.length == samples;
        if (!numbers && labels.length != samples * outputs) {
            throw new InputException(labels.length / Math.max(1, samples)
                    + " label values per picture, but one class number or one share for each class is needed; the"
                    + " model has " + outputs
                    + " classes");
        }
        if (classWeight.length != 0 && classWeight.length != outputs) {
            throw new InputException(classWeight.length + " class weights for the model's " + outputs
                    + " classes; give one weight per class");
        }
        float[] values = new float[Math.multiplyExact(samples, outputs)];
        double[] counted = new double[samples];
        double[] share = new double[outputs];
        for (int i = 0; i < samples; i++) {
            boolean known = numbers ? shareOfNumber(labels[i], share) : sharesOf(labels, i * outputs, share);
            for (int c = 0; known && c < outputs; c++) {
                double weight = classWeight.length == 0 ? 1 : classWeight[c];
                counted[i] += weight * share[c];
                values[i * outputs + c] =
                        (float) (weight * (share[c] * (1 - labelSmoothing) + labelSmoothing / outputs));
            }
        }
        return new Targets(samples, outputs, values, Targets.UNWEIGHTED, Targets.UNWEIGHTED, counted);
    }

    /** Whether the class is known, and then all of the share its own. */
    private static boolean shareOfNumber(float label, double[] share) {
        if (Float.isNaN(label) || label == IGNORED_CLASS) {
            return false;
        }
        if (!(label >= 0 && label < share.length && label == (int) label)) {
            throw new InputException("its label is " + label + ", but the model has classes 0 to " + (share.length - 1)
                    + "; correct the data's labels or the model's id2label");
        }
        Arrays.fill(share, 0);
        share[(int) label] = 1;
        return true;
    }

    private static boolean sharesOf(float[] labels, int from, double[] share) {
        boolean known = true;
        for (int c = 0; c < share.length; c++) {
            share[c] = labels[from + c];
            known &= !Double.isNaN(share[c]);
        }
        return known;
    }

    @Override
    public Tensor sum(Tensor predictions, TargetTensors targets) {
        return targets.sum(torch.mul(torch.log_softmax(predictions, 1), targets.values()))
                .neg();
    }
}
