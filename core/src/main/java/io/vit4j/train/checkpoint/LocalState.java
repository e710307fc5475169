package io.vit4j.train.checkpoint;

import io.vit4j.hub.StoredTensor;
import io.vit4j.model.Parameters;
import io.vit4j.model.StoredWeights;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.train.optimizer.ModelEma;
import io.vit4j.train.optimizer.Optimizer;
import io.vit4j.train.optimizer.StateShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * The state of a run whose weights are all in this process. What is trained is copied into buffers on the CPU that are kept
 * from one checkpoint to the next; what is frozen never changes, so it is read where it is.
 */
public final class LocalState implements StateSource {
    private static final String WEIGHTS = "weights";

    private final Parameters parameters;
    private final SortedMap<String, Tensor> state;
    private final Function<String, StateShape> shapes;
    private final SortedMap<String, Tensor> copies = new TreeMap<>();

    /** @param modelOnly whether checkpoints hold the model and its average, but no other state */
    public LocalState(Parameters parameters, Optimizer optimizer, boolean modelOnly) {
        this.parameters = parameters;
        state = modelOnly ? averaged(optimizer.state()) : optimizer.state();
        shapes = optimizer::shape;
    }

    private static SortedMap<String, Tensor> averaged(SortedMap<String, Tensor> state) {
        SortedMap<String, Tensor> averaged = new TreeMap<>(state);
        averaged.keySet().retainAll(Set.of(ModelEma.KIND));
        return averaged;
    }

    @Override
    public StateSnapshot copy() {
        SortedMap<String, Tensor> copied = new TreeMap<>();
        state.forEach((kind, flat) -> copied.put(
                kind,
                shapes.apply(kind) == StateShape.OF_WEIGHTS
                        ? copied("optimizer." + kind, flat)
                        : copiedWhole("optimizer." + kind, flat)));
        return snapshot(copied(WEIGHTS, parameters.values()), copied, this::copiedFollowing);
    }

    private Tensor copiedWhole(String name, Tensor flat) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor copy = copies.computeIfAbsent(
                    name, none -> scope.own(Tensors.empty(Dtype.FLOAT32, Device.CPU, flat.numel())));
            copy.copy_(flat);
            return copy;
        }
    }

    private Tensor copied(String name, Tensor flat) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor copy = copies.computeIfAbsent(name, none -> scope.own(parameters.hostBuffer()));
            copy.copy_(flat.narrow(0, 0, parameters.trainedSize()));
            return copy;
        }
    }

    @Override
    public StateSnapshot look() {
        return snapshot(parameters.values(), state, this::inPlace);
    }

    @Override
    public StateSnapshot model() {
        return snapshot(parameters.values(), averaged(state), this::inPlace);
    }

    /** A weight that is not trained; it is copied if it changes all the same. */
    private StoredTensor copiedFollowing(Parameters.Entry entry) {
        if (!entry.spec().follows()) {
            return inPlace(entry);
        }
        try (Scope scope = new Scope()) {
            Tensor copy = copiedWhole(
                    WEIGHTS + "." + entry.name(), parameters.values().narrow(0, entry.offset(), entry.count()));
            return StoredWeights.stored(entry.name(), copy, 0, entry.spec().shape());
        }
    }

    private StoredTensor inPlace(Parameters.Entry entry) {
        return StoredWeights.stored(
                entry.name(), parameters.values(), entry.offset(), entry.spec().shape());
    }

    private StateSnapshot snapshot(
            Tensor trainedWeights,
            SortedMap<String, Tensor> optimizerState,
            Function<Parameters.Entry, StoredTensor> untrained) {
        List<Parameters.Entry> trained = parameters.trained();
        List<StoredTensor> weights = new ArrayList<>();
        for (Parameters.Entry entry : parameters.entries()) {
            weights.add(
                    trained.contains(entry)
                            ? StoredWeights.stored(
                                    entry.name(),
                                    trainedWeights,
                                    entry.offset(),
                                    entry.spec().shape())
                            : untrained.apply(entry));
        }
        return new StateSnapshot(weights, OptimizerState.tensors(parameters, optimizerState, shapes));
    }

    @Override
    public void close() {
        copies.values().forEach(Tensor::close);
        copies.clear();
    }
}
