package io.vit4j.train.checkpoint;

import io.vit4j.hub.StoredTensor;
import java.util.List;

/**
 * The tensors of a checkpoint at one moment of a run.
 *
 * @param weights every weight of the model
 * @param optimizer the optimizer's state of every trained weight, as {@link OptimizerState} names it
 */
public record StateSnapshot(List<StoredTensor> weights, List<StoredTensor> optimizer) {}
