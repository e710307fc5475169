package io.vit4j.walk;

/** In which order walks that share a gradient buffer add to it. */
@FunctionalInterface
public interface GradientOrder {
    /** As they come: for a walk that shares with nobody. */
    GradientOrder ANY = (block, add) -> add.run();

    /**
     * Runs the addition when it is this walk's turn.
     *
     * @param block whose gradients are added
     */
    void add(int block, Runnable add);
}
