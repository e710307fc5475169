package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;

/** Makes the optimizer of a run; give the trainer one of your own to train with another. */
@FunctionalInterface
public interface OptimizerFactory {
    /** @param parameters the weights to be stepped, {@link Parameters#trainable} already */
    Optimizer create(Parameters parameters);
}
