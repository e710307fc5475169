package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;

/**
 * How a model is pretrained by self-distillation without labels, DINO (Caron et al. 2021): a student learns, from all views of a picture,
 * what a teacher says of the large ones, and the teacher is the average of the student over time. The defaults are the paper's.
 *
 * @param prototypes numbers that the projection head predicts of a view ({@code out_dim})
 * @param headHidden numbers within the projection head
 * @param bottleneck numbers before its last layer
 * @param localViews small views of each picture, beside two of the picture's size
 * @param localSize rows and columns of a small view; 0 for three sevenths of the picture's, in whole patches: 96 of 224
 * @param localScale most of the picture's area that a small view shows; a large one shows at least that
 * @param flip how often a view is mirrored
 * @param teacherMomentum of the teacher at the first step; it rises to 1 by a cosine
 * @param centreMomentum of the centre that is subtracted from what the teacher says
 * @param studentTemperature that the student's numbers are divided by
 * @param firstTeacherTemperature that the teacher's are divided by at first
 * @param teacherTemperature that they are divided by after the warm-up
 * @param warmupEpochs in which the teacher's temperature rises linearly
 * @param freezeLastLayer epochs at the beginning in which the head's last layer is not trained
 */
public record SelfDistillation(
        int prototypes,
        int headHidden,
        int bottleneck,
        int localViews,
        int localSize,
        double localScale,
        double flip,
        double teacherMomentum,
        double centreMomentum,
        double studentTemperature,
        double firstTeacherTemperature,
        double teacherTemperature,
        int warmupEpochs,
        int freezeLastLayer)
        implements Pretraining {
    /** The paper's, for ViT-S. */
    public static final SelfDistillation DEFAULTS =
            new SelfDistillation(65_536, 2048, 256, 8, 0, 0.4, 0.5, 0.996, 0.9, 0.1, 0.04, 0.07, 30, 1);

    /** Checks the settings; InputException if one is out of bounds. */
    public SelfDistillation {
        require(
                prototypes > 1 && headHidden > 0 && bottleneck > 0,
                "prototypes, and the head's sizes, must be positive");
        require(localViews >= 0 && localSize >= 0, "the number and the size of local views must not be negative");
        require(localScale > 0 && localScale < 1, "the local views' scale must lie between 0 and 1");
        require(flip >= 0 && flip <= 1, "flip is a probability, from 0 to 1");
        require(teacherMomentum >= 0 && teacherMomentum <= 1, "the teacher's momentum must lie between 0 and 1");
        require(centreMomentum >= 0 && centreMomentum < 1, "the centre's momentum must be at least 0 and below 1");
        require(
                studentTemperature > 0 && firstTeacherTemperature > 0 && teacherTemperature > 0,
                "temperatures must be above 0");
        require(warmupEpochs >= 0 && freezeLastLayer >= 0, "numbers of epochs must not be negative");
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new InputException("self-distillation: " + what);
        }
    }

    /** Whether a {@code config.json} is of a model that was trained so. */
    public static boolean trained(JsonObject config) {
        return config.has(SelfDistilled.KEY);
    }

    /** The configuration of its encoder alone. */
    public static JsonObject encoder(JsonObject config) {
        return config.without(SelfDistilled.KEY);
    }

    @Override
    public ModelDefinition around(ModelDefinition encoder) {
        return SelfDistilled.around(encoder, this);
    }

    /** The same with a head of these sizes. */
    public SelfDistillation withHead(int outputs, int hidden, int narrowest) {
        return new SelfDistillation(
                outputs,
                hidden,
                narrowest,
                localViews,
                localSize,
                localScale,
                flip,
                teacherMomentum,
                centreMomentum,
                studentTemperature,
                firstTeacherTemperature,
                teacherTemperature,
                warmupEpochs,
                freezeLastLayer);
    }

    /** The same with so many small views of each picture, of that size. */
    public SelfDistillation withLocalViews(int count, int size) {
        return new SelfDistillation(
                prototypes,
                headHidden,
                bottleneck,
                count,
                size,
                localScale,
                flip,
                teacherMomentum,
                centreMomentum,
                studentTemperature,
                firstTeacherTemperature,
                teacherTemperature,
                warmupEpochs,
                freezeLastLayer);
    }

    /** The same with views mirrored so often: 0 where left and right matter. */
    public SelfDistillation withFlip(double probability) {
        return new SelfDistillation(
                prototypes,
                headHidden,
                bottleneck,
                localViews,
                localSize,
                localScale,
                probability,
                teacherMomentum,
                centreMomentum,
                studentTemperature,
                firstTeacherTemperature,
                teacherTemperature,
                warmupEpochs,
                freezeLastLayer);
    }

    /** The same with a teacher that follows so slowly at first. */
    public SelfDistillation withTeacherMomentum(double first) {
        return new SelfDistillation(
                prototypes,
                headHidden,
                bottleneck,
                localViews,
                localSize,
                localScale,
                flip,
                first,
                centreMomentum,
                studentTemperature,
                firstTeacherTemperature,
                teacherTemperature,
                warmupEpochs,
                freezeLastLayer);
    }

    /** The same with a teacher's temperature that rises over so many epochs. */
    public SelfDistillation withTeacherTemperature(double first, double last, int epochs) {
        return new SelfDistillation(
                prototypes,
                headHidden,
                bottleneck,
                localViews,
                localSize,
                localScale,
                flip,
                teacherMomentum,
                centreMomentum,
                studentTemperature,
                first,
                last,
                epochs,
                freezeLastLayer);
    }

    /** The teacher's temperature in an epoch, from 0: linear to the end of the warm-up, then constant. */
    public double teacherTemperature(int epoch) {
        if (epoch >= warmupEpochs) {
            return teacherTemperature;
        }
        double share = warmupEpochs == 1 ? 0 : (double) epoch / (warmupEpochs - 1);
        return firstTeacherTemperature + share * (teacherTemperature - firstTeacherTemperature);
    }

    /** The teacher's momentum at a step, from 0, of so many: a cosine to 1. */
    public double teacherMomentum(long step, long steps) {
        return 1 + 0.5 * (teacherMomentum - 1) * (1 + Math.cos(Math.PI * step / steps));
    }
}
