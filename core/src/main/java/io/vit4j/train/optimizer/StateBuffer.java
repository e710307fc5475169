package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;
import io.vit4j.model.WeightLayout;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/**
 * One kind of an optimizer's state, zero at first, for the weights that have it.
 *
 * @param shape which numbers those are
 * @param layout where they lie
 * @param values all of them, flat
 */
record StateBuffer(StateShape shape, WeightLayout layout, Tensor values) implements AutoCloseable {
    static StateBuffer zeros(StateShape shape, Parameters weights) {
        WeightLayout layout = shape.layout(weights);
        try (Scope scope = new Scope()) {
            return new StateBuffer(
                    shape, layout, scope.own(Tensors.zeros(Dtype.FLOAT32, weights.device(), layout.size())));
        }
    }

    /** The numbers of one weight that has some. */
    Tensor of(String weight) {
        return layout.slice(values, weight);
    }

    static SortedMap<String, Tensor> values(Map<String, StateBuffer> kinds) {
        SortedMap<String, Tensor> values = new TreeMap<>();
        kinds.forEach((kind, buffer) -> values.put(kind, buffer.values()));
        return values;
    }

    @Override
    public void close() {
        values.close();
    }
}
