package io.vit4j;

import io.vit4j.train.Trainer;
import java.util.Optional;

/** A request to end a run early, which comes from any thread, and heeds how far the run is. */
final class Interruption {
    private Optional<Trainer> training = Optional.empty();
    private boolean asked;
    private boolean saved;

    /** Asks; false if it is too late. */
    synchronized boolean ask() {
        if (saved) {
            return false;
        }
        asked = true;
        training.ifPresent(Trainer::interrupt);
        return true;
    }

    /** Training begins: an earlier request holds for it. */
    synchronized void begin(Trainer trainer) {
        training = Optional.of(trainer);
        saved = false;
        if (asked) {
            trainer.interrupt();
        }
    }

    /** The tuned model is saved; returns whether the run was asked to end meanwhile. */
    synchronized boolean saved() {
        training = Optional.empty();
        saved = true;
        return asked;
    }
}
