package io.vit4j.train.engine;

import io.vit4j.torch.Dtype;

/**
 * How walks run.
 *
 * @param dtype of products
 * @param evalDtype of products while evaluating
 * @param lanes threads that work side by side
 * @param chunkSize samples that a lane walks at a time; results do not depend on it but for rounding
 * @param recompute keep only each block's input between forward and backward
 * @param trainedFrom the first block that is trained
 */
public record EngineSettings(
        Dtype dtype, Dtype evalDtype, int lanes, int chunkSize, boolean recompute, int trainedFrom) {}
