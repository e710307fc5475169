package io.vit4j.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.StoredTensor;
import io.vit4j.image.ImageProcessor;
import io.vit4j.torch.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Vision Transformer with a classifier on its class token (Dosovitskiy et al. 2021), under transformers' name: its
 * shape, its weights, and the blocks {@code [embeddings, layer 0, ..., layer L-1, head]} that walk over them.
 */
public final class ViTForImageClassification implements AutoCloseable {
    private final ViTConfig config;
    private final Parameters parameters;
    private final ImageProcessor processor;
    private final ObjectNode json;

    /**
     * @param parameters the weights of all blocks; closed with the model
     * @param processor how pictures become its pixel values
     * @param json the {@code config.json} it came from, whose unknown keys are kept when it is saved
     */
    public ViTForImageClassification(
            ViTConfig config, Parameters parameters, ImageProcessor processor, ObjectNode json) {
        this.config = config;
        this.parameters = parameters;
        this.processor = processor;
        this.json = json.deepCopy();
    }

    /** A new model, initialised as transformers does, for pictures processed as ViT's usually are. */
    public static ViTForImageClassification fromScratch(ViTConfig config, Device device, long seed) {
        ImageProcessor processor = ImageProcessor.defaults().withSize(config.imageHeight(), config.imageWidth());
        return fromScratch(config, processor, device, seed);
    }

    /** A new model, initialised as transformers does. */
    public static ViTForImageClassification fromScratch(
            ViTConfig config, ImageProcessor processor, Device device, long seed) {
        return fromScratch(config, processor, device, seed, name -> true);
    }

    /**
     * Of a new model those weights alone that this process will hold; each is the same as in the whole model.
     *
     * @param held whether the weight of a name is wanted
     */
    public static ViTForImageClassification fromScratch(
            ViTConfig config, ImageProcessor processor, Device device, long seed, Predicate<String> held) {
        Parameters parameters = room(config, device, held);
        parameters.initialize(parameters.names(), config.initializerRange(), seed);
        return new ViTForImageClassification(config, parameters, processor, Json.object());
    }

    static Parameters room(ViTConfig config, Device device, Predicate<String> held) {
        return new Parameters(
                specs(config).stream().filter(spec -> held.test(spec.name())).toList(), device);
    }

    /** {@return its shape and labels} */
    public ViTConfig config() {
        return config;
    }

    /** {@return its weights} */
    public Parameters parameters() {
        return parameters;
    }

    /** {@return what makes its pixels of pictures} */
    public ImageProcessor processor() {
        return processor;
    }

    /** All blocks over these weights. */
    public List<Block> blocks() {
        return blocks(config, parameters);
    }

    /** Writes {@code config.json}, {@code model.safetensors} and {@code preprocessor_config.json} into a folder. */
    public void save(DurableFiles files, Path folder) {
        List<StoredTensor> weights = new ArrayList<>();
        for (Parameters.Entry entry : parameters.entries()) {
            weights.add(StoredWeights.stored(entry.name(), parameters.get(entry.name())));
        }
        save(files, folder, weights);
    }

    /** The same with these weights in place of the model's own, such as a copy of earlier ones. */
    public void save(DurableFiles files, Path folder, List<StoredTensor> weights) {
        files.write(folder.resolve(CheckpointFiles.CONFIG), Json.pretty(config.toJson(json)));
        processor.write(files, folder);
        Safetensors.write(files, folder.resolve(CheckpointFiles.SAFETENSORS), Safetensors.PYTORCH_FORMAT, weights);
    }

    @Override
    public void close() {
        parameters.close();
    }

    /** How many blocks such a model has. */
    public static int blockCount(ViTConfig config) {
        return config.numHiddenLayers() + 2;
    }

    /** The weights of block {@code block} (0 the embeddings, the last the head), in the order of the hub's files. */
    public static List<ParameterSpec> specs(ViTConfig config, int block) {
        Stream<ParameterSpec> specs;
        if (block == 0) {
            specs = Embeddings.specs(config);
        } else if (block == blockCount(config) - 1) {
            specs = Head.specs(config);
        } else {
            specs = EncoderLayer.specs(config, block - 1);
        }
        return specs.toList();
    }

    /** The weights of all blocks. */
    public static List<ParameterSpec> specs(ViTConfig config) {
        return specs(config, 0, blockCount(config));
    }

    /** The weights of blocks {@code from} (included) to {@code to} (not included). */
    public static List<ParameterSpec> specs(ViTConfig config, int from, int to) {
        List<ParameterSpec> specs = new ArrayList<>();
        for (int block = from; block < to; block++) {
            specs.addAll(specs(config, block));
        }
        return specs;
    }

    /** The names of the weights of blocks {@code from} (included) to {@code to} (not included). */
    public static Set<String> names(ViTConfig config, int from, int to) {
        return specs(config, from, to).stream().map(ParameterSpec::name).collect(Collectors.toSet());
    }

    /** The blocks from pictures to their features {@code [batch, hidden]}: the class token after the last layer norm. */
    public static List<Block> featureBlocks(ViTConfig config, Parameters parameters) {
        List<Block> blocks = new ArrayList<>(blocks(config, parameters, 0, blockCount(config) - 1));
        blocks.add(new ClassToken(config, parameters));
        return List.copyOf(blocks);
    }

    /** The one block from such features to logits. */
    public static List<Block> classifierBlocks(Parameters parameters) {
        return List.of(new Classifier(parameters));
    }

    /** All blocks over these weights. */
    public static List<Block> blocks(ViTConfig config, Parameters parameters) {
        return blocks(config, parameters, 0, blockCount(config));
    }

    /** Blocks {@code from} (included) to {@code to} (not included); the parameters need hold theirs alone. */
    public static List<Block> blocks(ViTConfig config, Parameters parameters, int from, int to) {
        List<Block> blocks = new ArrayList<>();
        for (int block = from; block < to; block++) {
            if (block == 0) {
                blocks.add(new Embeddings(config, parameters));
            } else if (block == blockCount(config) - 1) {
                blocks.add(new Head(config, parameters));
            } else {
                blocks.add(new EncoderLayer(config, block - 1, parameters));
            }
        }
        return List.copyOf(blocks);
    }
}
