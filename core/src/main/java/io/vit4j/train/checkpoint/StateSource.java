package io.vit4j.train.checkpoint;

/** Where a checkpoint's tensors come from, asked between two steps, on the training thread. */
public interface StateSource extends AutoCloseable {
    /** A copy, valid until the next one; InputException if there is not enough memory for it. */
    StateSnapshot copy();

    /** The tensors themselves, not copied; read them before the next step. */
    StateSnapshot look();

    /** The weights and their average, if one is kept, in place and without other state. */
    StateSnapshot model();

    @Override
    void close();
}
