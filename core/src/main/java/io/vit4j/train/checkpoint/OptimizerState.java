package io.vit4j.train.checkpoint;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.model.Parameters;
import io.vit4j.model.StoredWeights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * An optimizer's state in a checkpoint: {@code optimizer.safetensors} with one tensor a trained weight and kind of state, such as
 * {@code exp_avg.classifier.weight}, so that it knows nothing of how the weights were laid out or shared out.
 */
public final class OptimizerState {
    static final String FILE = "optimizer.safetensors";

    private OptimizerState() {}

    /** @param state the flat buffers, each by its kind */
    public static List<StoredTensor> tensors(Parameters parameters, Map<String, Tensor> state) {
        List<StoredTensor> tensors = new ArrayList<>();
        state.forEach((kind, flat) -> {
            for (Parameters.Entry entry : parameters.trained()) {
                tensors.add(StoredWeights.stored(
                        kind + "." + entry.name(),
                        flat,
                        entry.offset(),
                        entry.spec().shape()));
            }
        });
        return tensors;
    }

    /** Writes the tensors into a checkpoint's folder. */
    public static void write(DurableFiles files, Path folder, List<StoredTensor> tensors) {
        Safetensors.write(files, folder.resolve(FILE), Map.of(), tensors);
    }

    /** @param state the flat buffers, each by its kind, to be filled */
    public static void read(Path folder, Parameters parameters, Map<String, Tensor> state) {
        Path path = folder.resolve(FILE);
        try (SafetensorsFile file = Safetensors.open(path)) {
            state.forEach((kind, flat) -> {
                for (Parameters.Entry entry : parameters.trained()) {
                    String name = kind + "." + entry.name();
                    StoredTensor stored = file.tensor(name)
                            .orElseThrow(
                                    () -> InputException.in(
                                            path,
                                            "lacks " + name
                                                    + ", so it belongs to another optimizer or model; use the arguments with which the run started"));
                    if (!Arrays.equals(stored.shape(), entry.spec().shape())) {
                        throw InputException.in(
                                path,
                                name + " has the shape " + Arrays.toString(stored.shape()) + " instead of "
                                        + Arrays.toString(entry.spec().shape()) + "; it belongs to another model");
                    }
                    StoredWeights.read(stored, slice(flat, entry), path.toString());
                }
            });
        }
    }

    private static Tensor slice(Tensor flat, Parameters.Entry entry) {
        return flat.narrow(0, entry.offset(), entry.count()).view(entry.spec().shape());
    }
}
