package io.vit4j.train.checkpoint;

import io.vit4j.hub.StoredTensor;
import io.vit4j.train.optimizer.ModelEma;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The tensors of a checkpoint at one moment of a run.
 *
 * @param weights every weight of the model
 * @param state the optimizer's of every trained weight, as {@link OptimizerState} names it
 */
public record StateSnapshot(List<StoredTensor> weights, List<StoredTensor> state) {
    private static final String AVERAGED = ModelEma.KIND + ".";

    /** The optimizer's state without averaged weights. */
    List<StoredTensor> optimizer() {
        return state.stream()
                .filter(tensor -> !tensor.name().startsWith(AVERAGED))
                .toList();
    }

    /** The model's weights with the averaged ones in the place of those that are trained; empty if none are averaged. */
    Optional<List<StoredTensor>> averaged() {
        Map<String, StoredTensor> averaged = state.stream()
                .filter(tensor -> tensor.name().startsWith(AVERAGED))
                .map(tensor -> tensor.named(tensor.name().substring(AVERAGED.length())))
                .collect(Collectors.toMap(StoredTensor::name, Function.identity()));
        return averaged.isEmpty()
                ? Optional.empty()
                : Optional.of(weights.stream()
                        .map(weight -> averaged.getOrDefault(weight.name(), weight))
                        .toList());
    }
}
