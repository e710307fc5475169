package io.vit4j.parallel;

import io.vit4j.base.InputException;
import io.vit4j.base.NearestName;
import java.util.Optional;

/**
 * The arguments that change the configuration file, applied after it in this order.
 *
 * @param podType which of a field's values by pod type to take ({@code --pod-type})
 * @param ranks total number of devices; sets replicas to ranks / stages ({@code --n-ipu})
 * @param overrides {@code "a=1,b=[6 6]"} ({@code --ipu-config-overrides})
 * @param gradientAccumulationSteps overrides the file only if given
 * @param autoLossScaling overrides the file only if given
 * @param gradientCheckpointing sets recomputation, only if given
 */
public record ParallelOptions(
        Optional<String> podType,
        Optional<Integer> ranks,
        Optional<String> overrides,
        Optional<Integer> gradientAccumulationSteps,
        Optional<Boolean> autoLossScaling,
        Optional<Boolean> gradientCheckpointing) {
    /** No changes to the file. */
    public static final ParallelOptions NONE = new ParallelOptions(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    public ParallelOptions {
        podType.filter(pod -> !ConfigValues.POD_TYPES.contains(pod)).ifPresent(pod -> {
            throw new InputException("--pod-type: there is no \"" + pod + "\"; did you mean \""
                    + NearestName.to(pod, ConfigValues.POD_TYPES) + "\"?");
        });
        atLeastOne("--n-ipu", ranks);
        atLeastOne("--gradient-accumulation-steps", gradientAccumulationSteps);
    }

    private static void atLeastOne(String argument, Optional<Integer> count) {
        count.filter(n -> n < 1).ifPresent(n -> {
            throw new InputException(argument + " is " + n + "; it must be at least 1");
        });
    }

    /**
     * The same, for a type of pod.
     * @param pod {@code pod4} to {@code pod64}
     * @return a copy
     */
    public ParallelOptions withPodType(String pod) {
        return new ParallelOptions(
                Optional.of(pod), ranks, overrides, gradientAccumulationSteps, autoLossScaling, gradientCheckpointing);
    }

    /**
     * The same, for so many ranks.
     * @param count at least 1
     * @return a copy
     */
    public ParallelOptions withRanks(int count) {
        return new ParallelOptions(
                podType,
                Optional.of(count),
                overrides,
                gradientAccumulationSteps,
                autoLossScaling,
                gradientCheckpointing);
    }

    /**
     * The same, with changes to the file.
     * @param assignments {@code "a=1,b=[6 6]"}
     * @return a copy
     */
    public ParallelOptions withOverrides(String assignments) {
        return new ParallelOptions(
                podType,
                ranks,
                Optional.of(assignments),
                gradientAccumulationSteps,
                autoLossScaling,
                gradientCheckpointing);
    }

    /**
     * The same, with so many micro-batches to a step.
     * @param steps at least 1
     * @return a copy
     */
    public ParallelOptions withGradientAccumulationSteps(int steps) {
        return new ParallelOptions(
                podType, ranks, overrides, Optional.of(steps), autoLossScaling, gradientCheckpointing);
    }

    /**
     * The same, with or without an automatic loss scale.
     * @param on whether it does
     * @return a copy
     */
    public ParallelOptions withAutoLossScaling(boolean on) {
        return new ParallelOptions(
                podType, ranks, overrides, gradientAccumulationSteps, Optional.of(on), gradientCheckpointing);
    }

    /**
     * The same, with recomputation, or without.
     * @param on whether activations are recomputed
     * @return a copy
     */
    public ParallelOptions withGradientCheckpointing(boolean on) {
        return new ParallelOptions(
                podType, ranks, overrides, gradientAccumulationSteps, autoLossScaling, Optional.of(on));
    }
}
