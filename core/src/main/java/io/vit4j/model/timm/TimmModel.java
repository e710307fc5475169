package io.vit4j.model.timm;

import io.vit4j.base.JsonObject;
import io.vit4j.hub.StoredTensor;
import java.util.Collection;
import java.util.List;

/**
 * A model of timm's as transformers has it.
 *
 * @param config as transformers writes it
 * @param weights from timm's names and shapes to transformers'
 */
record TimmModel(JsonObject config, Weights weights) {
    /** Converts all weights of a model. */
    interface Weights {
        List<StoredTensor> of(Collection<StoredTensor> stored);
    }
}
