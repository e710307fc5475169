package io.vit4j.model;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.PackedLinear;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * The weights in the form that products take them in (fused query/key/value, bfloat16), each built once, when it is first
 * asked for, and shared by all micro-batches of the step and all threads. Close it after the optimizer's step: the weights
 * have moved. At inference it may be kept.
 */
public final class StepWeights implements AutoCloseable {
    private final Dtype dtype;
    private final boolean recorded;
    private final boolean packs;
    private final Map<String, Tensor> built = new HashMap<>();
    private final Set<String> replaced = new HashSet<>();

    /** @param dtype of products */
    public StepWeights(Dtype dtype) {
        this(dtype, false, false);
    }

    private StepWeights(Dtype dtype, boolean recorded, boolean packs) {
        this.dtype = dtype;
        this.recorded = recorded;
        this.packs = packs;
    }

    /**
     * For walks that do not go back, over weights that do not move: those of linear maps are packed, where
     * {@link PackedLinear} is supported.
     *
     * @param dtype of products
     * @param device the weights'
     */
    public static StepWeights forInference(Dtype dtype, Device device) {
        return new StepWeights(dtype, false, PackedLinear.isSupported(dtype, device));
    }

    /** Built inside autograd, for one forward and backward on one thread: gradients flow through to the weights. */
    static StepWeights recorded(Dtype dtype) {
        return new StepWeights(dtype, true, false);
    }

    /** The type that products are computed in. */
    public Dtype dtype() {
        return dtype;
    }

    /** Whether linear maps take their weights packed. */
    boolean packs() {
        return packs;
    }

    /**
     * As {@link #of}, packed.
     *
     * @param parts the weights that are fused in it
     */
    synchronized Tensor packed(String name, List<String> parts, Supplier<Tensor> fused) {
        replaced.addAll(parts);
        return of(name, () -> PackedLinear.pack(Tensors.to(fused.get(), dtype)));
    }

    /** Whether walks that have been here once need that weight of the checkpoint no longer. */
    public synchronized boolean replaces(String weight) {
        return replaced.contains(weight);
    }

    /** The tensor of that name in the products' type, built by {@code fused} at the first call. */
    synchronized Tensor of(String name, Supplier<Tensor> fused) {
        Tensor known = built.get(name);
        if (known == null) {
            try (Scope scope = new Scope();
                    Autograd record = recorded ? Autograd.on() : Autograd.off()) {
                known = scope.own(new Tensor(Tensors.to(fused.get(), dtype)));
            }
            built.put(name, known);
        }
        return known;
    }

    @Override
    public synchronized void close() {
        built.values().forEach(Tensor::close);
        built.clear();
    }
}
