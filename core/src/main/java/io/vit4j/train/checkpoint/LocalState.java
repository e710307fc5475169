package io.vit4j.train.checkpoint;

import io.vit4j.hub.StoredTensor;
import io.vit4j.model.Parameters;
import io.vit4j.model.StoredWeights;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/**
 * The state of a run whose weights are all in this process. What is trained is copied into buffers on the CPU that are kept
 * from one checkpoint to the next; what is frozen never changes, so it is read where it is.
 */
public final class LocalState implements StateSource {
    private static final String WEIGHTS = "weights";

    private final Parameters parameters;
    private final SortedMap<String, Tensor> optimizer;
    private final SortedMap<String, Tensor> copies = new TreeMap<>();

    /** @param optimizer its flat buffers; none if checkpoints hold the model only */
    public LocalState(Parameters parameters, SortedMap<String, Tensor> optimizer) {
        this.parameters = parameters;
        this.optimizer = Collections.unmodifiableSortedMap(optimizer);
    }

    @Override
    public StateSnapshot copy() {
        SortedMap<String, Tensor> copied = new TreeMap<>();
        optimizer.forEach((kind, flat) -> copied.put(kind, copied("optimizer." + kind, flat)));
        return snapshot(copied(WEIGHTS, parameters.values()), copied);
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
        return snapshot(parameters.values(), optimizer);
    }

    @Override
    public List<StoredTensor> weights() {
        return look().weights();
    }

    private StateSnapshot snapshot(Tensor trainedWeights, SortedMap<String, Tensor> optimizerState) {
        List<Parameters.Entry> trained = parameters.trained();
        List<StoredTensor> weights = new ArrayList<>();
        for (Parameters.Entry entry : parameters.entries()) {
            Tensor flat = trained.contains(entry) ? trainedWeights : parameters.values();
            weights.add(StoredWeights.stored(
                    entry.name(), flat, entry.offset(), entry.spec().shape()));
        }
        return new StateSnapshot(weights, OptimizerState.tensors(parameters, optimizerState));
    }

    @Override
    public void close() {
        copies.values().forEach(Tensor::close);
        copies.clear();
    }
}
