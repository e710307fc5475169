package io.vit4j.walk;

import io.vit4j.data.Targets;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * {@link Targets} on a device, float32.
 *
 * @param values {@code [samples, width]}
 * @param entryWeights {@code [samples, width]}; empty if each entry counts 1
 * @param classWeights {@code [width]}; empty if each class counts 1
 */
public record TargetTensors(Tensor values, Optional<Tensor> entryWeights, Optional<Tensor> classWeights) {
    /** Copies them there; in the caller's scope. */
    public static TargetTensors of(Targets targets, Device device) {
        return new TargetTensors(
                tensor(targets.values(), device, targets.samples(), targets.width()),
                weights(targets.entryWeights(), device, targets.samples(), targets.width()),
                weights(targets.classWeights(), device, targets.width()));
    }

    private static Optional<Tensor> weights(float[] weights, Device device, long... shape) {
        return weights.length == 0 ? Optional.empty() : Optional.of(tensor(weights, device, shape));
    }

    private static Tensor tensor(float[] numbers, Device device, long... shape) {
        return Tensors.to(Tensors.of(numbers, shape), Dtype.FLOAT32, device);
    }

    /**
     * The sum of entries, each times its weight.
     *
     * @param entries {@code [samples, width]}
     */
    public Tensor sum(Tensor entries) {
        return entryWeights
                .map(weights -> torch.mul(entries, weights))
                .orElse(entries)
                .sum();
    }

    /** Those of some neighbouring columns, over the same memory. */
    TargetTensors columns(long from, long count) {
        return new TargetTensors(
                values.narrow(1, from, count),
                entryWeights.map(all -> all.narrow(1, from, count)),
                classWeights.map(all -> all.narrow(0, from, count)));
    }

    /** Those of some neighbouring samples, over the same memory. */
    public TargetTensors rows(long from, long count) {
        return new TargetTensors(
                values.narrow(0, from, count), entryWeights.map(all -> all.narrow(0, from, count)), classWeights);
    }
}
