package io.vit4j.train.checkpoint;

import io.vit4j.hub.StoredTensor;
import java.util.List;

/** Where a checkpoint's tensors come from, asked between two steps, on the training thread. */
public interface StateSource extends AutoCloseable {
    /** In memory of their own, which stays as it is until the next copy; InputException if that cannot be had. */
    StateSnapshot copy();

    /** In place: to be read before the next step. */
    StateSnapshot look();

    /** The weights alone, in place. */
    List<StoredTensor> weights();

    @Override
    void close();
}
