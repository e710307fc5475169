package io.vit4j.train.checkpoint;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.hub.AdapterFolder;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.StoredTensor;
import io.vit4j.hub.WeightSource;
import io.vit4j.model.Parameters;
import io.vit4j.model.StoredWeights;
import io.vit4j.model.WeightLayout;
import io.vit4j.train.optimizer.ModelEma;
import io.vit4j.train.optimizer.StateShape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * An optimizer's state in a checkpoint: {@code optimizer.safetensors} with one tensor a trained weight and kind of state, such as
 * {@code exp_avg.classifier.weight}, so that it knows nothing of how the weights were laid out or shared out. Averaged weights
 * ({@link ModelEma}) are a model of their own, in the folder {@code ema}.
 */
public final class OptimizerState {
    /** The folder of the model with averaged weights. */
    public static final String AVERAGED = "ema";

    static final String FILE = "optimizer.safetensors";

    private OptimizerState() {}

    /**
     * The tensors of a state.
     *
     * @param state the flat buffers, each by its kind
     * @param shapes of each kind
     */
    public static List<StoredTensor> tensors(
            Parameters parameters, Map<String, Tensor> state, Function<String, StateShape> shapes) {
        List<StoredTensor> tensors = new ArrayList<>();
        state.forEach((kind, flat) -> {
            for (Parameters.Entry entry : entries(parameters, shapes.apply(kind))) {
                tensors.add(StoredWeights.stored(
                        kind + "." + entry.name(),
                        flat,
                        entry.offset(),
                        entry.spec().shape()));
            }
        });
        return tensors;
    }

    /** Where the numbers of each trained weight lie. */
    private static List<Parameters.Entry> entries(Parameters parameters, StateShape shape) {
        WeightLayout layout = shape.layout(parameters);
        return parameters.trained().stream()
                .flatMap(weight -> layout.entry(weight.name()).stream())
                .toList();
    }

    /** Writes the tensors into a checkpoint's folder. */
    static void write(DurableFiles files, Path folder, List<StoredTensor> tensors) {
        Safetensors.write(files, folder.resolve(FILE), Map.of(), tensors);
    }

    /**
     * Reads a state back.
     *
     * @param state the flat buffers, each by its kind, to be filled
     * @param shapes of each kind
     */
    public static void read(
            Path folder, Parameters parameters, Map<String, Tensor> state, Function<String, StateShape> shapes) {
        state.forEach((kind, flat) -> {
            boolean averaged = kind.equals(ModelEma.KIND);
            Path model = folder.resolve(AVERAGED);
            boolean adapter = averaged && AdapterFolder.is(model);
            Path path = averaged ? model.resolve(CheckpointFiles.SAFETENSORS) : folder.resolve(FILE);
            try (WeightSource file =
                    adapter ? AdapterFolder.openAdapter(model, (name, all) -> name) : Safetensors.open(path)) {
                for (Parameters.Entry entry : entries(parameters, shapes.apply(kind))) {
                    read(file, path, averaged ? entry.name() : kind + "." + entry.name(), entry, flat);
                }
            }
        });
    }

    private static void read(WeightSource file, Path path, String name, Parameters.Entry entry, Tensor flat) {
        long[] shape = entry.spec().shape();
        StoredTensor stored = file.tensor(name)
                .orElseThrow(
                        () -> InputException.in(
                                path,
                                "lacks " + name
                                        + ", so it belongs to another optimizer or model; use the arguments with which the run started"));
        if (!Arrays.equals(stored.shape(), shape)) {
            throw InputException.in(
                    path,
                    name + " has the shape " + Arrays.toString(stored.shape()) + " instead of " + Arrays.toString(shape)
                            + "; it belongs to another model");
        }
        StoredWeights.read(stored, flat.narrow(0, entry.offset(), entry.count()).view(shape), path.toString());
    }
}
