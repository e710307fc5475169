package io.vit4j.train;

import io.vit4j.train.arguments.TrainingArguments;
import java.util.ArrayList;
import java.util.List;

/** What the arguments say is due after a step. */
record StepFlow(TrainingArguments arguments, long step, long totalSteps, boolean epochEnds, boolean last) {
    /** Every step after the last that returned here, up to this one. */
    static List<StepFlow> since(
            long returnedAt, long now, TrainingArguments arguments, TrainPlan plan, boolean epochEnds) {
        List<StepFlow> steps = new ArrayList<>();
        for (long step = returnedAt + 1; step <= now; step++) {
            boolean isNow = step == now;
            steps.add(new StepFlow(
                    arguments, step, plan.totalSteps(), epochEnds && isNow, isNow && now == plan.totalSteps()));
        }
        return steps;
    }

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
