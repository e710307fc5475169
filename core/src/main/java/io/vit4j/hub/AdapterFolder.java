package io.vit4j.hub;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.image.ImageProcessor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A folder with an adapter instead of a whole model, as peft writes it: {@code adapter_config.json}, which names the model that it
 * adapts, and {@code adapter_model.safetensors}. Ours has the model's {@code config.json} with the labels beside them, and may
 * have a {@code preprocessor_config.json}.
 *
 * @param folder where it is
 * @param config the content of {@code adapter_config.json}
 * @param base the folder of the model that it adapts
 */
public record AdapterFolder(Path folder, JsonObject config, Path base) {
    /** What kind of adapter it is, and of which model. */
    public static final String CONFIG = "adapter_config.json";

    /** Its weights. */
    public static final String SAFETENSORS = "adapter_model.safetensors";

    private static final String PICKLE = "adapter_model.bin";
    private static final String BASE = "base_model_name_or_path";
    private static final String PREFIX = "base_model.model.";
    private static final Pattern LORA = Pattern.compile("(.*)\\.(lora_[AB]\\.weight)");

    /** Whether a folder holds an adapter and no weights of a whole model. */
    public static boolean is(Path folder) {
        return Files.exists(folder.resolve(CONFIG))
                && CheckpointFiles.WEIGHTS.stream().noneMatch(name -> Files.exists(folder.resolve(name)));
    }

    /** The adapter of a folder, over the model that it names; empty if the folder holds none. */
    public static Optional<AdapterFolder> of(Path folder) {
        return of(folder, Optional.empty());
    }

    /**
     * The same over another model.
     *
     * @param base the model's folder; empty: the one that the adapter names
     */
    public static Optional<AdapterFolder> of(Path folder, Optional<Path> base) {
        if (!is(folder)) {
            return Optional.empty();
        }
        FolderManifest.refuseChanged(folder.resolve(CONFIG));
        JsonObject config = JsonObject.read(folder.resolve(CONFIG));
        refuseOtherKinds(folder, config);
        Path model = base.orElseGet(() -> named(folder, config));
        if (is(model)) {
            throw InputException.in(
                    folder,
                    "adapts " + model + ", which is an adapter itself; merge that first: vit4j merge --model " + model
                            + " --output DIR");
        }
        return Optional.of(new AdapterFolder(folder, config, model));
    }

    private static void refuseOtherKinds(Path folder, JsonObject config) {
        String kind = config.text("peft_type", "");
        if (!kind.equals("LORA")) {
            String base = config.text(BASE, "");
            throw InputException.in(
                    folder,
                    "an adapter" + (kind.isEmpty() ? "" : " (" + kind + ")") + " written by peft, of which only LORA is"
                            + " read here" + (base.isEmpty() ? "" : "; it adapts " + base)
                            + "; merge the two in Python with peft's merge_and_unload() and save_pretrained(), and give"
                            + " that folder");
        }
    }

    private static Path named(Path folder, JsonObject config) {
        String name = config.text(BASE, "");
        try {
            if (name.isEmpty()) {
                throw new InputException("it names none");
            }
            return CheckpointSource.resolve(name, HubSettings.fromEnvironment(), Progress.NONE);
        } catch (InputException e) {
            throw InputException.in(
                    folder.resolve(CONFIG),
                    "the model that this adapts (" + BASE + ") cannot be opened: " + e.getMessage()
                            + "; correct it, or merge the adapter with its model: vit4j merge --model " + folder
                            + " --base DIR --output DIR",
                    e);
        }
    }

    /** The model's {@code config.json}: what lies beside the adapter, with its labels, or else that of the model. */
    public JsonObject modelConfig() {
        return CheckpointFiles.config(Files.exists(folder.resolve(CheckpointFiles.CONFIG)) ? folder : base);
    }

    /** What the folder says of how pictures become pixels, or else what the model's does; empty if neither says anything. */
    public Optional<ImageProcessor> ownImageProcessor() {
        return CheckpointFiles.ownImageProcessor(
                Files.exists(folder.resolve(CheckpointFiles.PREPROCESSOR)) ? folder : base);
    }

    /** The model's weights with the adapter's, which go before the model's, under the names that the model knows them by. */
    public WeightSource openWeights(BiFunction<String, Set<String>, String> canonical) {
        WeightSource adapter = openAdapter(folder, canonical);
        try {
            return new AdaptedWeights(CheckpointFiles.openWeights(base, canonical), adapter);
        } catch (RuntimeException | Error e) {
            adapter.close();
            throw e;
        }
    }

    /** The adapter's weights alone. */
    public static WeightSource openAdapter(Path folder, BiFunction<String, Set<String>, String> canonical) {
        Path file = List.of(SAFETENSORS, PICKLE).stream()
                .map(folder::resolve)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> InputException.in(
                        folder, "contains " + CONFIG + " but no " + SAFETENSORS + "; the adapter is incomplete"));
        return CanonicalWeights.over(
                CheckpointFiles.openFile(file), (name, all) -> name(file, name, inner -> canonical.apply(inner, all)));
    }

    /** From peft's name of a tensor to the model's. */
    private static String name(Path file, String stored, UnaryOperator<String> canonical) {
        String bare = stored.startsWith(PREFIX) ? stored.substring(PREFIX.length()) : stored;
        String module = bare.replace(".modules_to_save.", ".").replace(".base_layer.", ".");
        Matcher lora = LORA.matcher(module);
        if (lora.matches()) {
            String matrix = canonical.apply(lora.group(1) + ".weight");
            return matrix.substring(0, matrix.length() - "weight".length()) + lora.group(2);
        }
        if (module.contains(".lora_")) {
            throw InputException.in(
                    file,
                    stored + " is part of an adapter of another kind than LoRA of linear maps; merge it in Python with"
                            + " peft's merge_and_unload()");
        }
        return canonical.apply(module);
    }

    /**
     * peft's name of a weight.
     *
     * @param name the model's
     * @param adapted the names of the maps that have an adapter: peft keeps their own weights one level deeper
     */
    public static String peftName(String name, Set<String> adapted) {
        int dot = name.lastIndexOf('.');
        boolean inner = dot > 0 && adapted.contains(name.substring(0, dot));
        return PREFIX + (inner ? name.substring(0, dot) + ".base_layer" + name.substring(dot) : name);
    }

    /** Writes the two files. */
    public static void write(DurableFiles files, Path folder, JsonObject config, List<StoredTensor> weights) {
        files.write(folder.resolve(CONFIG), config.pretty());
        Safetensors.write(files, folder.resolve(SAFETENSORS), Safetensors.PYTORCH_FORMAT, weights);
    }

    /** Two sources as one. */
    private static final class AdaptedWeights extends NamedTensors {
        private final WeightSource model;
        private final WeightSource adapter;

        AdaptedWeights(WeightSource model, WeightSource adapter) {
            super(adapter.description());
            this.model = model;
            this.adapter = adapter;
            model.tensors().forEach(tensor -> add(tensor.name(), tensor));
            adapter.tensors().forEach(tensor -> add(tensor.name(), tensor));
        }

        @Override
        public void close() {
            model.close();
            adapter.close();
        }
    }
}
