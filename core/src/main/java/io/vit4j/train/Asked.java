package io.vit4j.train;

/** What callbacks and signals have asked for, and the last step's figures. */
final class Asked implements TrainerCallback.Control {
    volatile boolean interrupted;
    volatile boolean interruptedHere;
    boolean stop;
    boolean save;
    boolean evaluate;
    double gradientNorm;
    double rate;
    double loss;

    @Override
    public void stopTraining() {
        stop = true;
    }

    @Override
    public void save() {
        save = true;
    }

    @Override
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
