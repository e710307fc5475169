package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.AdapterFolder;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.StoredTensor;
import io.vit4j.hub.WeightSource;
import io.vit4j.image.ImageProcessor;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** Adapters as peft's folders hold them, over the weights of the models that they adapt. */
public final class AdaptedModels {
    private AdaptedModels() {}

    static WeightSource openWeights(AdapterFolder adapter, Architecture family) {
        return CheckpointFiles.converted(adapter.openWeights(family::canonicalName), family::fromFile);
    }

    /**
     * Several adapters over one copy of their model's weights.
     *
     * @param base the weights that all share; to be closed after the models
     * @param models in the order of the folders
     */
    public record Shared(Parameters base, List<VisionModel> models) {}

    /** Opens adapters of one model; InputException if they adapt different ones. */
    public static Shared load(List<Path> folders, Device device) {
        List<AdapterFolder> adapters = folders.stream()
                .map(folder -> AdapterFolder.of(folder)
                        .orElseThrow(() -> InputException.in(
                                folder, "contains no adapter; name folders with an " + AdapterFolder.CONFIG)))
                .toList();
        for (AdapterFolder adapter : adapters) {
            if (!adapter.base().equals(adapters.get(0).base())) {
                throw InputException.in(
                        adapter.folder(),
                        "adapts " + adapter.base() + ", but " + folders.get(0) + " adapts "
                                + adapters.get(0).base() + "; open adapters of one model together");
            }
        }
        ModelDefinition first = definition(adapters.get(0));
        Set<String> heads = first.newWeights();
        Parameters base = VisionModel.room(first, device, name -> !heads.contains(name));
        List<VisionModel> models = new ArrayList<>();
        try {
            for (AdapterFolder adapter : adapters) {
                models.add(over(base, adapter, models.isEmpty()));
            }
            return new Shared(base, List.copyOf(models));
        } catch (RuntimeException | Error e) {
            models.forEach(VisionModel::close);
            base.close();
            throw e;
        }
    }

    /** @param fillsBase whether the model's own weights are read, too */
    private static VisionModel over(Parameters base, AdapterFolder adapter, boolean fillsBase) {
        ModelDefinition plain = definition(adapter);
        try (WeightSource source = openWeights(adapter, plain.architecture())) {
            ModelDefinition adapted = adapted(plain, adapter, source);
            Pretrained.Fit fit = Pretrained.fit(adapted, source, false, Map.of());
            if (fillsBase) {
                try (WeightSource own = Pretrained.openWeights(adapter.base(), plain.architecture())) {
                    Pretrained.fill(base, own, fit.of(name -> own.tensor(name).isPresent()), Map.of(), 0);
                }
            }
            Parameters parameters = base.over(adapted.weights().stream()
                    .filter(weight -> adapted.trains(weight.name()))
                    .toList());
            try {
                Pretrained.Fit here = fit.of(adapted::trains);
                if (!here.missing().isEmpty()) {
                    throw new InputException(source.description() + ": has no classifier (" + here.missing()
                            + "); it was trained without modules_to_save");
                }
                Pretrained.fill(parameters, source, here, Map.of(), 0);
                ImageProcessor processor = adapter.ownImageProcessor().orElseGet(ImageProcessor::defaults);
                return new VisionModel(adapted, parameters, processor);
            } catch (RuntimeException | Error e) {
                parameters.close();
                throw e;
            }
        }
    }

    /** What an adapter's folder describes: the model that it adapts, with the labels of the adapter's classifier. */
    static ModelDefinition definition(AdapterFolder adapter) {
        ModelDefinition model = ModelDefinition.of(adapter.modelConfig());
        ModelDefinition sized = adapter.ownImageProcessor()
                .map(processor -> model.forPictures(processor.height(), processor.width()))
                .orElse(model);
        try (WeightSource weights = AdapterFolder.openAdapter(adapter.folder(), model.architecture()::canonicalName)) {
            return model.classifierWeights().stream()
                    .map(weights::tensor)
                    .flatMap(Optional::stream)
                    .map(weight -> (int) weight.shape()[0])
                    .filter(count -> count != model.labels().size())
                    .findFirst()
                    .map(count -> sized.withLabels(
                            IntStream.range(0, count)
                                    .mapToObj(i -> "LABEL_" + i)
                                    .toList(),
                            model.problemType().orElse(ProblemType.SINGLE_LABEL)))
                    .orElse(sized);
        }
    }

    /** The model with the adapters that the files hold. */
    static ModelDefinition adapted(ModelDefinition plain, AdapterFolder adapter, WeightSource source) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        for (StoredTensor tensor : source.tensors()) {
            String module = LowRank.mapOfDown(tensor.name()).orElse("");
            if (!module.isEmpty()) {
                if (tensor.shape().length != 2) {
                    throw new InputException(source.description() + ": " + tensor.name()
                            + " adapts a convolution, of which no adapters are read; merge it in Python with peft's"
                            + " merge_and_unload()");
                }
                ranks.put(module, (int) tensor.shape()[0]);
            }
        }
        if (ranks.isEmpty()) {
            throw new InputException(source.description() + ": contains no adapters; check the folder");
        }
        ModelDefinition adapted = plain.withAdapter(LoraConfig.read(adapter.config(), ranks));
        Set<String> known = Set.copyOf(adapted.adaptedModules());
        for (String module : ranks.keySet()) {
            if (!known.contains(module)) {
                throw new InputException(source.description() + ": adapts " + module
                        + ", which is no linear map of the model's layers; the adapter belongs to another model");
            }
        }
        return adapted;
    }

    static void merge(Parameters parameters, ModelDefinition adapted, WeightSource source) {
        try (Autograd off = Autograd.off()) {
            for (String module : adapted.adaptedModules()) {
                if (parameters.entry(module + ".weight").isPresent()) {
                    try (Scope scope = new Scope()) {
                        LowRank.merge(
                                parameters.get(module + ".weight").detach(),
                                read(source, LowRank.down(module)),
                                read(source, LowRank.up(module)),
                                adapted.weight(LowRank.down(module)).role());
                    }
                }
            }
        }
    }

    private static Tensor read(WeightSource source, String name) {
        StoredTensor stored = source.tensor(name).orElseThrow();
        Tensor values = Tensors.empty(Dtype.FLOAT32, Device.CPU, stored.shape());
        StoredWeights.read(stored, values, source.description());
        return values;
    }

    /** Fills what is trained beside a frozen model from a checkpoint of training that holds nothing else. */
    public static void fill(Parameters parameters, ModelDefinition definition, Path folder) {
        try (WeightSource source = AdapterFolder.openAdapter(folder, definition.architecture()::canonicalName)) {
            for (ParameterSpec spec : definition.weights()) {
                if (!definition.trains(spec.name())) {
                    continue;
                }
                StoredTensor stored = source.tensor(spec.name())
                        .orElseThrow(() -> new InputException(source.description() + ": the tensor " + spec.name()
                                + " is missing; the checkpoint belongs to a run with other arguments"));
                if (!Arrays.equals(stored.shape(), spec.shape())) {
                    throw new InputException(source.description() + ": " + spec.name() + " has the shape "
                            + Arrays.toString(stored.shape()) + " instead of " + Arrays.toString(spec.shape())
                            + "; the checkpoint belongs to a run with other arguments");
                }
                if (parameters.entry(spec.name()).isPresent()) {
                    StoredWeights.read(stored, parameters.get(spec.name()), source.description());
                }
            }
        }
    }
}
