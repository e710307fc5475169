package io.vit4j.parallel;

import static io.vit4j.parallel.ConfigField.*;

import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * How the work is laid out over ranks, as described by an {@code ipu_config.json} of Optimum Graphcore (0.3.1 to 0.7.1), or
 * by the same settings under hardware-neutral names. Placement and defaults are those of 0.7.1.
 *
 * @param stages pipeline stages of a training replica
 * @param layersPerStage requested layers of each stage, -1 for a share; {@link #placement} resolves them
 * @param inferenceStages pipeline stages of an inference replica
 * @param inferenceLayersPerStage the same as {@code layersPerStage}, for inference
 * @param replicas copies of the pipeline in training
 * @param inferenceReplicas copies of the pipeline in inference
 * @param gradientAccumulationSteps micro-batches of each replica per update; empty if neither file nor arguments set it,
 * which means 1
 * @param deviceIterations updates between returns to logging and callbacks
 * @param inferenceDeviceIterations micro-batches that each inference replica walks at once
 * @param recomputation keep only each block's input and run it again in backward
 * @param optimizerStateSharding each replica keeps and steps only its share of the optimizer's state
 * @param optimizerStateOffload keep the optimizer's state on the host
 * @param autoLossScaling loss scaling that follows overflows
 * @param passedOver fields given that mean nothing off an IPU, by published name, as they were given
 * @param notes what the user should be told once, a line each
 */
public record ParallelConfig(
        int stages,
        List<Integer> layersPerStage,
        int inferenceStages,
        List<Integer> inferenceLayersPerStage,
        int replicas,
        int inferenceReplicas,
        OptionalInt gradientAccumulationSteps,
        int deviceIterations,
        int inferenceDeviceIterations,
        boolean recomputation,
        boolean optimizerStateSharding,
        boolean optimizerStateOffload,
        boolean autoLossScaling,
        JsonObject passedOver,
        List<String> notes) {
    /** The file's name in a checkpoint. */
    public static final String FILE_NAME = "ipu_config.json";

    /** More ranks than any real job; what is beyond comes from a slip and would cost memory. */
    private static final int MOST_RANKS = 1 << 16;

    /** Everything in one process. */
    public static final ParallelConfig SINGLE = of(ParallelOptions.NONE);

    public ParallelConfig {
        layersPerStage = List.copyOf(layersPerStage);
        inferenceLayersPerStage = List.copyOf(inferenceLayersPerStage);
        notes = List.copyOf(notes);
    }

    /** Reads the file, or the {@code ipu_config.json} in the folder, and applies the options. */
    public static ParallelConfig read(Path fileOrFolder, ParallelOptions options) {
        Path file = Files.isDirectory(fileOrFolder) ? fileOrFolder.resolve(FILE_NAME) : fileOrFolder;
        return of(JsonObject.read(file), options);
    }

    /** The defaults with the options applied. */
    public static ParallelConfig of(ParallelOptions options) {
        return of(JsonObject.empty(), options);
    }

    /** What a file's object says, with the options applied. */
    public static ParallelConfig of(JsonObject file, ParallelOptions options) {
        ConfigValues values = new ConfigValues();
        values.readFile(Json.untyped(file), file.source(), options.podType());
        options.ranks().ifPresent(ranks -> setReplicas(values, ranks));
        options.overrides().ifPresent(overrides -> values.readOverrides(overrides, "--ipu-config-overrides"));
        options.gradientAccumulationSteps()
                .ifPresent(steps -> values.put(
                        GRADIENT_ACCUMULATION_STEPS, IntNode.valueOf(steps), "--gradient-accumulation-steps"));
        options.autoLossScaling()
                .ifPresent(on -> values.put(AUTO_LOSS_SCALING, BooleanNode.valueOf(on), "--auto-loss-scaling"));
        options.gradientCheckpointing()
                .ifPresent(on -> values.put(
                        RECOMPUTE_CHECKPOINT_EVERY_LAYER, BooleanNode.valueOf(on), "--gradient-checkpointing"));
        return resolved(values, options);
    }

    private static void setReplicas(ConfigValues values, int ranks) {
        for (boolean inference : new boolean[] {false, true}) {
            StageLayers pipeline = inference ? StageLayers.inference(values) : StageLayers.training(values);
            String what = inference ? "inference pipeline" : "pipeline";
            boolean fits = inference ? ranks >= pipeline.stages : ranks % pipeline.stages == 0;
            if (!fits) {
                throw new InputException("--n-ipu " + ranks + " is not divisible into complete copies of the "
                        + pipeline.stages + "-stage " + what + "; give a multiple of " + pipeline.stages);
            }
            values.put(
                    inference ? INFERENCE_REPLICATION_FACTOR : REPLICATION_FACTOR,
                    IntNode.valueOf(ranks / pipeline.stages),
                    "--n-ipu");
        }
    }

    private static ParallelConfig resolved(ConfigValues values, ParallelOptions options) {
        StageLayers training = StageLayers.training(values);
        StageLayers inference = StageLayers.inference(values);
        int replicas = values.count(REPLICATION_FACTOR, 1);
        int inferenceReplicas = values.count(INFERENCE_REPLICATION_FACTOR, 1);
        checkRanks(replicas, training.stages, values.where(REPLICATION_FACTOR));
        checkRanks(inferenceReplicas, inference.stages, values.where(INFERENCE_REPLICATION_FACTOR));
        training.checkLayers(values);
        inference.checkLayers(values);
        checkPerStage(values, training.stages, MATMUL_PROPORTION);
        checkPerStage(values, inference.stages, INFERENCE_MATMUL_PROPORTION);
        checkSplits(values, training.stages, "");
        checkSplits(values, inference.stages, "INFERENCE_");
        ObjectNode passedOver = Json.object();
        for (ConfigField field : values.given(FieldUse.PASSED_OVER)) {
            passedOver.set(field.published(), values.value(field).orElseThrow());
        }
        return new ParallelConfig(
                training.stages,
                training.layers,
                inference.stages,
                inference.layers,
                replicas,
                inferenceReplicas,
                values.has(GRADIENT_ACCUMULATION_STEPS)
                        ? OptionalInt.of(values.count(GRADIENT_ACCUMULATION_STEPS, 1))
                        : OptionalInt.empty(),
                values.count(DEVICE_ITERATIONS, 1),
                values.count(INFERENCE_DEVICE_ITERATIONS, 1),
                values.flag(RECOMPUTE_CHECKPOINT_EVERY_LAYER),
                values.flag(REPLICATED_TENSOR_SHARDING),
                values.flag(OPTIMIZER_STATE_OFFCHIP),
                values.flag(AUTO_LOSS_SCALING),
                Json.typed(passedOver, FILE_NAME),
                notes(values, options, replicas));
    }

    private static List<String> notes(ConfigValues values, ParallelOptions options, int replicas) {
        List<String> notes = new ArrayList<>();
        List<String> without = new ArrayList<>();
        values.given(FieldUse.PASSED_OVER).forEach(field -> without.add(field.published()));
        values.given(FieldUse.OLDER).forEach(field -> without.add(field.published()));
        if (!without.isEmpty()) {
            notes.add("Parallel configuration: no effect here: " + String.join(", ", without));
        }
        if (values.flag(REPLICATED_TENSOR_SHARDING) && replicas == 1) {
            notes.add("Parallel configuration: replicated_tensor_sharding (optimizer_state_sharding) has no effect"
                    + " with one replica");
        }
        if (values.count(DEVICE_ITERATIONS, 1) > 1) {
            notes.add("Parallel configuration: every update counts as one step; Optimum Graphcore counted one step"
                    + " for "
                    + values.count(DEVICE_ITERATIONS, 1) + " of them (device_iterations)");
        }
        if (options.podType().isPresent() && !values.hadDictionaries()) {
            notes.add("Parallel configuration: --pod-type has no effect, because no field has values by pod type");
        }
        return notes;
    }

    private static void checkRanks(int replicas, int stages, String where) {
        if ((long) replicas * stages > MOST_RANKS) {
            throw new InputException(where + ": " + replicas + " replicas of " + stages + " stages are more than "
                    + MOST_RANKS + " ranks; lower one of them");
        }
    }

    private static void checkPerStage(ConfigValues values, int stages, ConfigField field) {
        values.value(field).filter(list -> list.isArray()).ifPresent(list -> {
            if (list.size() != stages) {
                throw new InputException(values.where(field) + " has " + list.size() + " values, but the pipeline has "
                        + stages + " stages; give one for each, or one number");
            }
        });
    }

    private static void checkSplits(ConfigValues values, int stages, String prefix) {
        for (String layer : List.of("EMBEDDING", "PROJECTION")) {
            ConfigField splits = ConfigField.valueOf(prefix + "SERIALIZED_" + layer + "_SPLITS_PER_IPU");
            ConfigField factor = ConfigField.valueOf(prefix + layer + "_SERIALIZATION_FACTOR");
            checkPerStage(values, stages, splits);
            if (values.has(splits) && values.has(factor)) {
                throw new InputException(
                        values.where(splits) + " cannot be combined with " + factor.published() + "; keep one of them");
            }
        }
    }

    /** Stages and asked layers, of training or of inference. */
    private record StageLayers(int stages, List<Integer> layers, ConfigField field) {
        static StageLayers training(ConfigValues values) {
            List<Integer> layers = values.wholes(LAYERS_PER_IPU, List.of(Placement.WILDCARD));
            return new StageLayers(values.count(IPUS_PER_REPLICA, layers.size()), layers, LAYERS_PER_IPU);
        }

        /** Stages not given follow the layers' list, unless it only says "share evenly over the training stages". */
        static StageLayers inference(ConfigValues values) {
            StageLayers training = training(values);
            List<Integer> layers = values.wholes(INFERENCE_LAYERS_PER_IPU, training.layers);
            boolean followsList =
                    training.stages == training.layers.size() || !layers.equals(List.of(Placement.WILDCARD));
            int stages = values.count(INFERENCE_IPUS_PER_REPLICA, followsList ? layers.size() : training.stages);
            ConfigField field = values.has(INFERENCE_LAYERS_PER_IPU) ? INFERENCE_LAYERS_PER_IPU : LAYERS_PER_IPU;
            return new StageLayers(stages, layers, field);
        }

        void checkLayers(ConfigValues values) {
            Placement.checkLength(layers, stages, values.where(field));
        }
    }

    /** Ranks of a training job: replicas x stages. */
    public int ranks() {
        return replicas * stages;
    }

    /** Ranks of an inference job: inference replicas x inference stages. */
    public int inferenceRanks() {
        return inferenceReplicas * inferenceStages;
    }

    /** Which stage runs which block in training, for a model with this many layers. */
    public Placement placement(int layers) {
        return Placement.of(layers, stages, layersPerStage, LAYERS_PER_IPU.published());
    }

    /** Which stage runs which block in inference, for a model with this many layers. */
    public Placement inferencePlacement(int layers) {
        return Placement.of(layers, inferenceStages, inferenceLayersPerStage, INFERENCE_LAYERS_PER_IPU.published());
    }

    /** @param microBatch samples that one replica computes at once ({@code per_device_train_batch_size}) */
    public BatchArithmetic batches(int microBatch) {
        return new BatchArithmetic(microBatch, replicas, gradientAccumulationSteps.orElse(1), deviceIterations);
    }

    /** The configuration under published names, every default spelled out, as Optimum Graphcore 0.7.1 reads it. */
    public JsonObject toJson() {
        ObjectNode json = Json.object();
        putLayers(json, LAYERS_PER_IPU, layersPerStage, stages);
        putLayers(json, INFERENCE_LAYERS_PER_IPU, inferenceLayersPerStage, inferenceStages);
        json.put(IPUS_PER_REPLICA.published(), stages);
        json.put(INFERENCE_IPUS_PER_REPLICA.published(), inferenceStages);
        json.put(REPLICATION_FACTOR.published(), replicas);
        json.put(INFERENCE_REPLICATION_FACTOR.published(), inferenceReplicas);
        json.put(GRADIENT_ACCUMULATION_STEPS.published(), gradientAccumulationSteps.orElse(1));
        json.put(DEVICE_ITERATIONS.published(), deviceIterations);
        json.put(INFERENCE_DEVICE_ITERATIONS.published(), inferenceDeviceIterations);
        json.put(RECOMPUTE_CHECKPOINT_EVERY_LAYER.published(), recomputation);
        json.put(REPLICATED_TENSOR_SHARDING.published(), optimizerStateSharding);
        json.put(OPTIMIZER_STATE_OFFCHIP.published(), optimizerStateOffload);
        json.put(AUTO_LOSS_SCALING.published(), autoLossScaling);
        ObjectNode others = Json.untyped(passedOver);
        for (ConfigField field : ConfigField.values()) {
            if (others.has(field.published())) {
                json.set(field.published(), others.get(field.published()));
            }
        }
        return Json.typed(json, FILE_NAME);
    }

    /** One stage holds everything whatever its list says, but Optimum refuses a list that is longer. */
    private static void putLayers(ObjectNode json, ConfigField field, List<Integer> layers, int stages) {
        List<Integer> kept = stages == 1 && layers.size() > 1 ? List.of(Placement.WILDCARD) : layers;
        kept.forEach(json.withArray("/" + field.published())::add);
    }

    /** Writes {@code ipu_config.json} into a checkpoint's folder. */
    public void write(Path folder) {
        Json.write(folder.resolve(FILE_NAME), Json.untyped(toJson()));
    }
}
