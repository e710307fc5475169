package io.vit4j.train;

import io.vit4j.train.arguments.TrainingArguments;

/** What the arguments say is due after a step. */
record StepFlow(TrainingArguments arguments, long step, long totalSteps, boolean epochEnds, boolean last) {
    boolean log() {
        return (step == 1 && arguments.loggingFirstStep())
                || due(arguments.loggingStrategy(), arguments.loggingSteps(totalSteps));
    }

    boolean evaluate() {
        return due(arguments.evalStrategy(), arguments.evalSteps(totalSteps)) && delayIsOver();
    }

    /** As transformers: the last step of a run that saves by steps is saved too. */
    boolean save() {
        return due(arguments.saveStrategy(), arguments.saveSteps(totalSteps))
                || (last && arguments.saveStrategy() == TrainingArguments.Strategy.STEPS);
    }

    private boolean due(TrainingArguments.Strategy strategy, long every) {
        return switch (strategy) {
            case STEPS -> every > 0 && step % every == 0;
            case EPOCH -> epochEnds || last;
            case NO, BEST -> false;
        };
    }

    private boolean delayIsOver() {
        double delay = arguments.evalDelay();
        return delay <= (arguments.evalStrategy() == TrainingArguments.Strategy.EPOCH ? step * epochsPerStep() : step);
    }

    private double epochsPerStep() {
        return arguments.numTrainEpochs() / totalSteps;
    }
}
