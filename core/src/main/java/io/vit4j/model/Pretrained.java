package io.vit4j.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.StoredTensor;
import io.vit4j.hub.WeightSource;
import io.vit4j.image.ImageProcessor;
import io.vit4j.torch.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/** Fills a model's weights from a checkpoint's files, as transformers' {@code from_pretrained} does. */
public final class Pretrained {
    private Pretrained() {}

    /**
     * How a checkpoint is to be loaded.
     *
     * @param labels the labels to be learned; empty: the checkpoint's own
     * @param problemType what they mean; empty: what the checkpoint says
     * @param ignoreMismatchedSizes whether a classifier for other labels is replaced by a new one
     * @param seed of what is initialised
     */
    public record Options(
            Device device,
            Optional<List<String>> labels,
            Optional<ProblemType> problemType,
            boolean ignoreMismatchedSizes,
            long seed) {
        /** As the checkpoint is, which must be complete. */
        public static Options asItIs(Device device) {
            return new Options(device, Optional.empty(), Optional.empty(), false, 0);
        }

        /** As the checkpoint is, for data of that type; InputException at loading if the checkpoint says another. */
        public static Options asItIs(Device device, ProblemType type) {
            return new Options(device, Optional.empty(), Optional.of(type), false, 0);
        }
    }

    /** A model and how the checkpoint's weights fitted it. */
    public record Loaded(ViTForImageClassification model, WeightReport report) {}

    /** Loads a checkpoint folder, in any of its four forms. */
    public static Loaded load(Path folder, Options options) {
        return load(folder, options, config -> name -> true);
    }

    /**
     * Loads of a checkpoint folder those weights alone that this process will hold; the others are looked for, and their shapes
     * compared, but not read.
     *
     * @param held by the model's shape, whether the weight of a name is wanted
     */
    public static Loaded load(Path folder, Options options, Function<ViTConfig, Predicate<String>> held) {
        ObjectNode json = CheckpointFiles.config(folder);
        ViTConfig config = ViTConfig.of(json, folder.resolve(CheckpointFiles.CONFIG));
        if (options.labels().isPresent()) {
            config = config.withLabels(
                    options.labels().get(),
                    options.problemType().or(config::problemType).orElse(ProblemType.MULTI_LABEL));
        } else if (options.problemType().isPresent()) {
            config = forData(config, options.problemType().get(), folder);
        }
        ImageProcessor processor = CheckpointFiles.imageProcessor(folder);
        Parameters parameters = ViTForImageClassification.room(config, options.device(), held.apply(config));
        try (WeightSource source = CheckpointFiles.openWeights(folder)) {
            WeightReport report = fill(parameters, config, source, options.ignoreMismatchedSizes(), options.seed());
            if (options.labels().isEmpty() && !report.missing().isEmpty()) {
                throw new InputException(source.description() + ": has no classifier (" + report.missing()
                        + "); fine-tune it first with `vit4j train`");
            }
            return new Loaded(new ViTForImageClassification(config, parameters, processor, json), report);
        } catch (RuntimeException e) {
            parameters.close();
            throw e;
        }
    }

    private static ViTConfig forData(ViTConfig config, ProblemType type, Path folder) {
        if (config.problemType().filter(own -> own != type).isPresent()) {
            throw InputException.in(
                    folder.resolve(CheckpointFiles.CONFIG),
                    "problem_type is '" + config.problemType().get().configName() + "', but the data set's labels are '"
                            + type.configName() + "'; evaluate on data of the model's kind, or correct problem_type");
        }
        return config.withLabels(config.labels(), type);
    }

    /**
     * Fills every weight that the checkpoint has. The classifier's weights may be missing (a headless {@code ViTModel}
     * checkpoint) and are then initialised; anything else that is missing is an error, whether there is room for it or not.
     *
     * @param parameters all of the model's, or some of them
     * @param source tensors under the hub's names
     * @param ignoreMismatchedSizes whether a classifier of another shape is replaced by a new one; otherwise an error
     * @param seed of what is initialised
     */
    public static WeightReport fill(
            Parameters parameters, ViTConfig config, WeightSource source, boolean ignoreMismatchedSizes, long seed) {
        List<String> missing = new ArrayList<>();
        List<String> mismatched = new ArrayList<>();
        List<String> fresh = new ArrayList<>();
        Set<String> wanted = new HashSet<>();
        for (ParameterSpec spec : ViTForImageClassification.specs(config)) {
            String name = spec.name();
            wanted.add(name);
            Optional<StoredTensor> stored = source.tensor(name);
            if (stored.isEmpty()) {
                if (!isClassifier(name)) {
                    throw new InputException(source.description() + ": the tensor " + name
                            + " is missing; the checkpoint is incomplete or its config.json belongs to another model");
                }
                missing.add(name);
                fresh.add(name);
            } else if (!Arrays.equals(stored.get().shape(), spec.shape())) {
                String shapes = name + " " + Arrays.toString(spec.shape()) + " in place of "
                        + Arrays.toString(stored.get().shape());
                if (!isClassifier(name)) {
                    throw new InputException(source.description() + ": " + shapes
                            + "; config.json and the weights belong to different models");
                }
                if (!ignoreMismatchedSizes) {
                    throw new InputException(source.description() + ": " + shapes
                            + "; the checkpoint has a classifier for other labels: give --ignore-mismatched-sizes to start"
                            + " with a new one");
                }
                mismatched.add(shapes);
                fresh.add(name);
            } else if (parameters.entry(name).isPresent()) {
                StoredWeights.read(stored.get(), parameters.get(name), source.description());
            }
        }
        fresh.removeIf(name -> parameters.entry(name).isEmpty());
        parameters.initialize(fresh, config.initializerRange(), seed);
        List<String> unused = source.tensors().stream()
                .map(StoredTensor::name)
                .filter(name -> !wanted.contains(name))
                .toList();
        return new WeightReport(missing, unused, mismatched);
    }

    private static boolean isClassifier(String name) {
        return name.startsWith("classifier.");
    }
}
