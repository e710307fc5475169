package io.vit4j.train;

import io.vit4j.train.engine.Engine;

/** What a callback may ask of the trainer; taken note of at the end of the step. */
public final class TrainerControl {
    volatile boolean interrupted;
    volatile boolean interruptedHere;
    boolean stop;
    boolean save;
    boolean evaluate;

    TrainerControl() {}

    /** End training after this step, as if it were the last. */
    public void stopTraining() {
        stop = true;
    }

    /** Save a checkpoint after this step. */
    public void save() {
        save = true;
    }

    /** Evaluate after this step. */
    public void evaluate() {
        evaluate = true;
    }

    /** Shares with all ranks what callbacks have asked for; whether any of them was interrupted. */
    boolean agree(Engine engine) {
        boolean[] any = engine.any(interrupted, stop, save, evaluate);
        stop = any[1];
        save = any[2];
        evaluate = any[3];
        return any[0];
    }

    boolean ended() {
        return stop || interruptedHere;
    }

    boolean takeSave() {
        boolean asked = save;
        save = false;
        return asked;
    }

    boolean takeEvaluate() {
        boolean asked = evaluate;
        evaluate = false;
        return asked;
    }
}
