package io.vit4j.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.image.ImageProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The content of a checkpoint folder: {@code config.json}, and weights in one of four forms, found in the order of
 * {@link #WEIGHTS}; or of a file of weights alone ({@code .npz}, {@code .pt}, {@code .pth}), wherever a folder is asked for, whose model is
 * known by the names of its tensors.
 *
 * <pre>{@code
 * JsonObject config = CheckpointFiles.config(folder);
 * try (WeightSource weights = CheckpointFiles.openWeights(folder)) {
 *     StoredTensor query = weights.tensor("vit.encoder.layer.0.attention.attention.query.weight").orElseThrow();
 * }
 * }</pre>
 */
public final class CheckpointFiles {
    /** The model's shape and labels. */
    public static final String CONFIG = "config.json";
    /** How pictures become pixels. */
    public static final String PREPROCESSOR = ImageProcessor.FILE;
    /** Weights in one safetensors file. */
    public static final String SAFETENSORS = "model.safetensors";
    /** Index that maps weights to safetensors shards. */
    public static final String SAFETENSORS_INDEX = "model.safetensors.index.json";
    /** Weights in one file of {@code torch.save}. */
    public static final String PICKLE = "pytorch_model.bin";
    /** Index that maps weights to {@code torch.save} shards. */
    public static final String PICKLE_INDEX = "pytorch_model.bin.index.json";

    /** Where weights are looked for, the preferred form first. */
    public static final List<String> WEIGHTS = List.of(SAFETENSORS, SAFETENSORS_INDEX, PICKLE, PICKLE_INDEX);

    private static final List<String> OTHER_FRAMEWORKS = List.of("tf_model.h5", "flax_model.msgpack", "model.onnx");

    private CheckpointFiles() {}

    /** Whether it is a folder, or a file that is named like one of weights alone. */
    public static boolean isCheckpoint(Path path) {
        return Files.isDirectory(path) || Files.isRegularFile(path) && WeightsAlone.isNamed(path);
    }

    /**
     * The folder's {@code config.json}, as transformers writes it, whoever wrote it ({@link CheckpointFormat}); of an adapter alone that
     * of its model.
     */
    public static JsonObject config(Path folder) {
        if (AdapterFolder.is(folder) && !Files.exists(folder.resolve(CONFIG))) {
            return AdapterFolder.of(folder).orElseThrow().modelConfig();
        }
        JsonObject config = ownConfig(folder);
        OtherCheckpoints.refuse(folder.resolve(CONFIG), config);
        return CheckpointFormats.asTransformers(config);
    }

    private static JsonObject ownConfig(Path folder) {
        Optional<Path> alone = WeightsAlone.of(folder);
        if (alone.isPresent()) {
            return WeightsAlone.config(alone.get());
        }
        ObjectNode config = readJson(
                folder,
                CONFIG,
                "name the folder of a Hugging Face checkpoint, which contains " + CONFIG + " next to its weights");
        return Json.typed(config, folder.resolve(CONFIG).toString());
    }

    /** What the folder says of how pictures become pixels; ViT's defaults if it says nothing. */
    public static ImageProcessor imageProcessor(Path folder) {
        return ownImageProcessor(folder).orElseGet(ImageProcessor::defaults);
    }

    /** What the folder says of how pictures become pixels, in {@code preprocessor_config.json} as a rule; empty if it says nothing. */
    public static Optional<ImageProcessor> ownImageProcessor(Path folder) {
        Optional<JsonObject> config = configOfOthers(folder);
        if (config.isPresent()) {
            CheckpointFormat format = CheckpointFormats.of(config.get()).orElseThrow();
            return Optional.of(
                    CheckpointFormats.explained(config.get().source(), () -> format.imageProcessor(config.get())));
        }
        Path file = folder.resolve(PREPROCESSOR);
        if (AdapterFolder.is(folder) && !Files.exists(file)) {
            return AdapterFolder.of(folder).orElseThrow().ownImageProcessor();
        }
        return Files.exists(file)
                ? Optional.of(ImageProcessor.of(
                        Json.typed(readJson(folder, PREPROCESSOR, "check the folder"), file.toString())))
                : Optional.empty();
    }

    /** The folder's {@code config.json} if it is of another library. */
    private static Optional<JsonObject> configOfOthers(Path folder) {
        return Files.exists(folder.resolve(CONFIG)) || WeightsAlone.of(folder).isPresent()
                ? Optional.of(ownConfig(folder))
                        .filter(config -> CheckpointFormats.of(config).isPresent())
                : Optional.empty();
    }

    /**
     * Opens the folder's weights under the names that the files call them. Every form gives the same tensors. Only headers are
     * read here, values when a tensor is; but the files of a training checkpoint, which has a manifest of their sums, are
     * compared with it as a whole.
     */
    public static WeightSource openWeights(Path folder) {
        return CanonicalWeights.over(openFiles(folder), (name, all) -> name);
    }

    /**
     * The same under the names that a model knows them by.
     *
     * @param canonical from a name in a file, and all names in it, to the model's; what wrappers for training put in front is taken off
     *     before
     */
    public static WeightSource openWeights(Path folder, BiFunction<String, Set<String>, String> canonical) {
        Optional<AdapterFolder> adapter = AdapterFolder.of(folder);
        if (adapter.isPresent()) {
            return adapter.get().openWeights(canonical);
        }
        WeightSource files = openFiles(folder);
        return CanonicalWeights.over(asTransformers(folder, files), canonical);
    }

    /**
     * Open weights made over.
     *
     * @param source closed with the result
     * @param parts from its tensors to those of the result, read when these are
     */
    public static WeightSource converted(
            WeightSource source, Function<Collection<StoredTensor>, List<StoredTensor>> parts) {
        return ConvertedWeights.over(source, parts);
    }

    private static WeightSource asTransformers(Path folder, WeightSource files) {
        return configOfOthers(folder)
                .map(config -> {
                    CheckpointFormat format = CheckpointFormats.of(config).orElseThrow();
                    return ConvertedWeights.over(files, stored -> format.weights(config, stored));
                })
                .orElse(files);
    }

    private static WeightSource openFiles(Path folder) {
        Optional<Path> alone = WeightsAlone.of(folder);
        if (alone.isPresent()) {
            return openFile(alone.get());
        }
        requireFolder(folder);
        for (String name : WEIGHTS) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) {
                return name.endsWith(".json")
                        ? ShardedWeights.open(folder, name, readJson(folder, name, "check the folder"))
                        : openFile(file);
            }
        }
        throw InputException.in(
                folder, "contains no weights: " + SAFETENSORS + " is missing" + whatIsThereInstead(folder));
    }

    /** Opens one file of weights by its form: safetensors and NumPy's by their endings, else PyTorch's pickle. */
    static WeightSource openFile(Path file) {
        FolderManifest.refuseChanged(file);
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".safetensors")) {
            return Safetensors.open(file);
        }
        return name.endsWith(".npz") ? NumpyArchive.open(file) : TorchPickle.open(file);
    }

    private static ObjectNode readJson(Path folder, String name, String mendWhereAbsent) {
        requireFolder(folder);
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            throw InputException.in(folder, "contains no " + name + "; " + mendWhereAbsent);
        }
        try (FileRegion region = FileRegion.open(file)) {
            WrongFile.refuse(region, "JSON");
        }
        FolderManifest.refuseChanged(file);
        return Json.readObject(file);
    }

    private static void requireFolder(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw InputException.in(
                    folder,
                    (Files.exists(folder) ? "is not a folder" : "no such folder")
                            + "; name the folder of a checkpoint");
        }
    }

    private static String whatIsThereInstead(Path folder) {
        try (Stream<Path> list = Files.list(folder)) {
            List<String> names =
                    list.map(path -> path.getFileName().toString()).sorted().toList();
            for (String other : OTHER_FRAMEWORKS) {
                if (names.contains(other)) {
                    return "; " + other + " is from another framework; convert it to safetensors with transformers";
                }
            }
            Optional<String> checkpoint = names.stream()
                    .filter(name -> name.startsWith("checkpoint-"))
                    .reduce((earlier, later) -> later);
            return checkpoint
                    .map(name -> "; this is the folder of a run, did you mean " + folder.resolve(name) + "?")
                    .orElse("; name the folder of a Hugging Face checkpoint");
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be listed (" + IoReason.of(e) + "); check its permissions", e);
        }
    }
}
