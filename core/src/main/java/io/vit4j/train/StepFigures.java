package io.vit4j.train;

/**
 * What the last step gave, for the log.
 *
 * @param loss mean over the global batch
 * @param gradientNorm before clipping
 * @param rate learning rate
 */
record StepFigures(double loss, double gradientNorm, double rate) {
    /** Before the first step. */
    static final StepFigures NONE = new StepFigures(0, 0, 0);
}
