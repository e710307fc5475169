package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.hub.StoredTensor;
import io.vit4j.hub.WeightSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Fills a model's weights from a checkpoint's files, as transformers' {@code from_pretrained} does. */
public final class Pretrained {
    private Pretrained() {}

    /**
     * Fills every weight that the checkpoint has. The classifier's weights may be missing (a headless {@code ViTModel}
     * checkpoint) and are then initialised; anything else that is missing is an error.
     *
     * @param source tensors under the hub's names
     * @param ignoreMismatchedSizes whether a classifier of another shape is replaced by a new one; otherwise an error
     * @param seed of what is initialised
     */
    public static WeightReport fill(
            Parameters parameters, ViTConfig config, WeightSource source, boolean ignoreMismatchedSizes, long seed) {
        List<String> missing = new ArrayList<>();
        List<String> mismatched = new ArrayList<>();
        List<String> fresh = new ArrayList<>();
        Set<String> wanted = new HashSet<>(parameters.names());
        for (Parameters.Entry entry : parameters.entries()) {
            String name = entry.name();
            Optional<StoredTensor> stored = source.tensor(name);
            if (stored.isEmpty()) {
                if (!isClassifier(name)) {
                    throw new InputException(source.description() + ": the tensor " + name
                            + " is missing; the checkpoint is incomplete or its config.json belongs to another model");
                }
                missing.add(name);
                fresh.add(name);
            } else if (!Arrays.equals(stored.get().shape(), entry.spec().shape())) {
                String shapes = name + " " + Arrays.toString(entry.spec().shape()) + " in place of "
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
            } else {
                StoredWeights.read(stored.get(), parameters.get(name), source.description());
            }
        }
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
