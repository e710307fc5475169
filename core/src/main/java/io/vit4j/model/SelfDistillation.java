package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;

/**
 * How a model is pretrained by self-distillation without labels, DINO (Caron et al. 2021): a student learns, from all views of a picture,
 * what a teacher says of the large ones, and the teacher is the average of the student over time. The defaults are the paper's.
 *
 * @param head that makes predictions of a view's features
 * @param views of each picture
 * @param teacher and what it says
 * @param studentTemperature that the student's numbers are divided by
 * @param freezeLastLayer epochs at the beginning in which the head's last layer is not trained
 */
public record SelfDistillation(Head head, Views views, Teacher teacher, double studentTemperature, int freezeLastLayer)
        implements Pretraining {
    /** The paper's, for ViT-S. */
    public static final SelfDistillation DEFAULTS = new SelfDistillation(
            new Head(65_536, 2048, 256), new Views(8, 0, 0.4, 0.5), new Teacher(0.996, 0.9, 0.04, 0.07, 30), 0.1, 1);

    /**
     * The projection head.
     *
     * @param prototypes numbers that it predicts of a view ({@code out_dim})
     * @param hidden numbers within it
     * @param bottleneck numbers before its last layer
     */
    public record Head(int prototypes, int hidden, int bottleneck) {
        /** Checks them; InputException if one is out of bounds. */
        public Head {
            require(
                    prototypes > 1 && hidden > 0 && bottleneck > 0,
                    "prototypes, and the head's sizes, must be positive");
        }
    }

    /**
     * The views of a picture: two large ones of the picture's size, and small ones.
     *
     * @param local how many small ones
     * @param localSize rows and columns of a small view; 0 for three sevenths of the picture's, in whole patches: 96 of 224
     * @param localScale most of the picture's area that a small view shows; a large one shows at least that
     * @param flip how often a view is mirrored
     */
    public record Views(int local, int localSize, double localScale, double flip) {
        /** Checks them; InputException if one is out of bounds. */
        public Views {
            require(local >= 0 && localSize >= 0, "the number and the size of local views must not be negative");
            require(localScale > 0 && localScale < 1, "the local views' scale must lie between 0 and 1");
            require(flip >= 0 && flip <= 1, "flip is a probability, from 0 to 1");
        }
    }

    /**
     * The teacher.
     *
     * @param momentum with which it follows the student at the first step; it rises to 1 by a cosine
     * @param centreMomentum of the centre that is subtracted from what it says
     * @param firstTemperature that its numbers are divided by at first
     * @param temperature that they are divided by after the warm-up
     * @param warmupEpochs in which its temperature rises linearly
     */
    public record Teacher(
            double momentum, double centreMomentum, double firstTemperature, double temperature, int warmupEpochs) {
        /** Checks them; InputException if one is out of bounds. */
        public Teacher {
            require(momentum >= 0 && momentum <= 1, "the teacher's momentum must lie between 0 and 1");
            require(centreMomentum >= 0 && centreMomentum < 1, "the centre's momentum must be at least 0 and below 1");
            require(firstTemperature > 0 && temperature > 0, "temperatures must be above 0");
            require(warmupEpochs >= 0, "numbers of epochs must not be negative");
        }

        /** The temperature in an epoch, from 0: linear to the end of the warm-up, then constant. */
        public double temperature(int epoch) {
            if (epoch >= warmupEpochs) {
                return temperature;
            }
            double share = warmupEpochs == 1 ? 0 : (double) epoch / (warmupEpochs - 1);
            return firstTemperature + share * (temperature - firstTemperature);
        }

        /** The momentum at a step, from 0, of so many: a cosine to 1. */
        public double momentum(long step, long steps) {
            return 1 + 0.5 * (momentum - 1) * (1 + Math.cos(Math.PI * step / steps));
        }
    }

    /** Checks the settings; InputException if one is out of bounds. */
    public SelfDistillation {
        require(studentTemperature > 0, "temperatures must be above 0");
        require(freezeLastLayer >= 0, "numbers of epochs must not be negative");
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

    /** The same with another head. */
    public SelfDistillation with(Head other) {
        return new SelfDistillation(other, views, teacher, studentTemperature, freezeLastLayer);
    }

    /** The same with other views. */
    public SelfDistillation with(Views other) {
        return new SelfDistillation(head, other, teacher, studentTemperature, freezeLastLayer);
    }

    /** The same with another teacher. */
    public SelfDistillation with(Teacher other) {
        return new SelfDistillation(head, views, other, studentTemperature, freezeLastLayer);
    }

    /** The same with a head of these sizes. */
    public SelfDistillation withHead(int prototypes, int hidden, int bottleneck) {
        return with(new Head(prototypes, hidden, bottleneck));
    }

    /** The same with so many small views of each picture, of that size. */
    public SelfDistillation withLocalViews(int count, int size) {
        return with(new Views(count, size, views.localScale, views.flip));
    }

    /** The same with views mirrored so often: 0 where left and right matter. */
    public SelfDistillation withFlip(double probability) {
        return with(new Views(views.local, views.localSize, views.localScale, probability));
    }

    /** The same with a teacher that follows so slowly at first. */
    public SelfDistillation withTeacherMomentum(double first) {
        return with(new Teacher(
                first, teacher.centreMomentum, teacher.firstTemperature, teacher.temperature, teacher.warmupEpochs));
    }

    /** The same with a teacher's temperature that rises over so many epochs. */
    public SelfDistillation withTeacherTemperature(double first, double last, int epochs) {
        return with(new Teacher(teacher.momentum, teacher.centreMomentum, first, last, epochs));
    }
}
