package io.vit4j.model;

import io.vit4j.base.DurableFiles;
import io.vit4j.hub.AdapterFolder;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.StoredTensor;
import io.vit4j.image.ImageProcessor;
import io.vit4j.torch.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A model of pictures: its definition, its weights (or those that this process needs), and the processor that turns
 * pictures into its input.
 */
public final class VisionModel implements AutoCloseable {
    private final ModelDefinition definition;
    private final Parameters parameters;
    private final ImageProcessor processor;
    private final Optional<String> base;

    /**
     * @param parameters the weights of all blocks, or of some; closed with the model
     * @param processor how pictures become its pixel values
     */
    public VisionModel(ModelDefinition definition, Parameters parameters, ImageProcessor processor) {
        this(definition, parameters, processor, Optional.empty());
    }

    private VisionModel(
            ModelDefinition definition, Parameters parameters, ImageProcessor processor, Optional<String> base) {
        this.definition = definition;
        this.parameters = parameters;
        this.processor = processor;
        this.base = base;
    }

    /** The same model, whose adapters were added to the checkpoint of that name or folder. */
    VisionModel adapting(String checkpoint) {
        return new VisionModel(definition, parameters, processor, Optional.of(checkpoint));
    }

    /** A new model, initialised as its family is, for pictures processed as ViT's usually are. */
    public static VisionModel fromScratch(ModelDefinition definition, Device device, long seed) {
        ImageProcessor processor =
                ImageProcessor.defaults().withSize(definition.imageHeight(), definition.imageWidth());
        return fromScratch(definition, processor, device, seed);
    }

    /** A new model, initialised as its family is. */
    public static VisionModel fromScratch(
            ModelDefinition definition, ImageProcessor processor, Device device, long seed) {
        return fromScratch(definition, processor, device, seed, name -> true);
    }

    /**
     * Only the weights of a new model that this process needs; each is the same as in the whole model.
     *
     * @param held whether the weight with a name is needed
     */
    public static VisionModel fromScratch(
            ModelDefinition definition, ImageProcessor processor, Device device, long seed, Predicate<String> held) {
        Parameters parameters = room(definition, device, held);
        new FirstWeights(seed).draw(parameters, parameters.names());
        return new VisionModel(definition, parameters, processor);
    }

    static Parameters room(ModelDefinition definition, Device device, Predicate<String> held) {
        List<ParameterSpec> specs = definition.weights().stream()
                .filter(spec -> held.test(spec.name()))
                .toList();
        return new Parameters(WeightLayout.of(specs).trainedFirst(definition::trains), device);
    }

    /** The same weights with stochastic depth in training, as {@link ModelDefinition#withDropPath} says. */
    public VisionModel withDropPath(double rate) {
        return new VisionModel(definition.withDropPath(rate), parameters, processor, base);
    }

    /** The same weights, two classifiers apart in training, as {@link ModelDefinition#withClassifiersApart} says. */
    public VisionModel withClassifiersApart() {
        return new VisionModel(definition.withClassifiersApart(), parameters, processor, base);
    }

    /** {@return its shape, labels and configuration} */
    public ModelDefinition definition() {
        return definition;
    }

    /** {@return the label of each logit, in order} */
    public List<String> labels() {
        return definition.labels();
    }

    /** {@return its weights} */
    public Parameters parameters() {
        return parameters;
    }

    /** {@return what makes its pixels of pictures} */
    public ImageProcessor processor() {
        return processor;
    }

    /** Whether it has all of its weights, rather than those of one pipeline stage. */
    public boolean isWhole() {
        return definition.weights().stream()
                .allMatch(spec -> parameters.entry(spec.name()).isPresent());
    }

    /** All blocks over these weights. */
    public List<Block> blocks() {
        return definition.over(parameters);
    }

    /**
     * Writes {@code config.json}, {@code preprocessor_config.json} and {@code model.safetensors} into a folder; of a model with adapters
     * instead of the last {@code adapter_config.json} and {@code adapter_model.safetensors}, with what is trained alone.
     */
    public void save(DurableFiles files, Path folder) {
        List<StoredTensor> weights = new ArrayList<>();
        for (Parameters.Entry entry : parameters.entries()) {
            weights.add(StoredWeights.stored(entry.name(), parameters.get(entry.name())));
        }
        save(files, folder, weights);
    }

    /** The same with these weights instead of the model's own, such as a copy of earlier ones. */
    public void save(DurableFiles files, Path folder, List<StoredTensor> weights) {
        files.write(folder.resolve(CheckpointFiles.CONFIG), definition.config().pretty());
        processor.write(files, folder);
        if (definition.adapter().isEmpty()) {
            Safetensors.write(
                    files,
                    folder.resolve(CheckpointFiles.SAFETENSORS),
                    Safetensors.PYTORCH_FORMAT,
                    definition.architecture().forFile(weights));
            return;
        }
        List<String> modules = definition.adaptedModules();
        Set<String> adapted = Set.copyOf(modules);
        AdapterFolder.write(
                files,
                folder,
                definition.adapter().get().toJson(base.orElse(""), modules, definition.modulesToSave()),
                weights.stream()
                        .filter(weight -> definition.trains(weight.name()))
                        .map(weight -> weight.named(AdapterFolder.peftName(weight.name(), adapted)))
                        .toList());
    }

    @Override
    public void close() {
        parameters.close();
    }
}
