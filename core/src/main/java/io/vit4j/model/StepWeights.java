package io.vit4j.model;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Int8Linear;
import io.vit4j.torch.LinearMap;
import io.vit4j.torch.PackedLinear;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.torch.TorchRuntime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
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
    private final Optional<Quantization> quantization;
    private final Optional<CastWeights> cast;
    private final Optional<Shared> shared;
    private final Map<String, Tensor> built = new HashMap<>();
    private final Map<String, LinearMap> quantized = new HashMap<>();
    private final Set<String> replaced = new HashSet<>();
    private final Set<String> unpacked = new HashSet<>();

    /**
     * Others that have the form of most weights already.
     *
     * @param own whether the weight of a name is not among theirs
     */
    private record Shared(StepWeights others, Predicate<String> own) {
        boolean has(List<String> names) {
            return names.stream().noneMatch(own);
        }
    }

    /**
     * How linear maps are computed over small integers.
     *
     * @param map made of a matrix {@code [out, in]} float32
     * @param attention the type of attention's own products
     */
    record Quantization(Function<Tensor, LinearMap> map, Dtype attention) {
        /** By 8-bit integers, and attention in bfloat16 if the processor multiplies in it. */
        static Quantization int8(Device device) {
            Int8Linear.requireSupported(device);
            return new Quantization(Int8Linear::of, TorchRuntime.cpuHasBfloat16() ? Dtype.BFLOAT16 : Dtype.FLOAT32);
        }
    }

    /** @param dtype of products, of floating point */
    public StepWeights(Dtype dtype) {
        this(dtype, false, false, Optional.empty(), Optional.empty(), Optional.empty());
    }

    private StepWeights(
            Dtype dtype,
            boolean recorded,
            boolean packs,
            Optional<Quantization> quantization,
            Optional<CastWeights> cast,
            Optional<Shared> shared) {
        if (dtype == Dtype.INT8) {
            throw new IllegalArgumentException("weights of a step in int8; there is no derivative");
        }
        this.shared = shared;
        this.dtype = dtype;
        this.recorded = recorded;
        this.packs = packs;
        this.quantization = quantization;
        this.cast = cast;
    }

    /** Out of weights that are cast already, and brought up to date before each step by others. */
    public static StepWeights of(CastWeights cast) {
        return new StepWeights(cast.dtype(), false, false, Optional.empty(), Optional.of(cast), Optional.empty());
    }

    /**
     * For walks that do not go back, over weights that do not move: those of linear maps are packed, where
     * {@link PackedLinear} is supported.
     *
     * @param dtype of products; InputException if it is int8, and that cannot be computed here
     * @param device the weights'
     */
    public static StepWeights forInference(Dtype dtype, Device device) {
        return dtype == Dtype.INT8
                ? quantized(Quantization.int8(device), device)
                : new StepWeights(
                        dtype,
                        false,
                        PackedLinear.isSupported(dtype, device),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
    }

    /** The same with linear maps over small integers, and all else in float32. */
    static StepWeights quantized(Quantization quantization, Device device) {
        return new StepWeights(
                Dtype.FLOAT32,
                false,
                PackedLinear.isSupported(Dtype.FLOAT32, device),
                Optional.of(quantization),
                Optional.empty(),
                Optional.empty());
    }

    /** For {@link #over}: as {@link #forInference}, but packed in int8 only. */
    public static StepWeights toShare(Dtype dtype, Device device) {
        return dtype == Dtype.INT8 ? forInference(dtype, device) : new StepWeights(dtype);
    }

    /**
     * For walks that do not go back, over weights that are partly other walks', too: those are taken from there, in one copy for all.
     *
     * @param others of weights that do not move; they must live longer
     * @param own whether the weight of a name is these walks' own
     */
    public static StepWeights over(StepWeights others, Predicate<String> own) {
        return new StepWeights(
                others.dtype(),
                false,
                false,
                others.quantization,
                Optional.empty(),
                Optional.of(new Shared(others, own)));
    }

    /** Built inside autograd, for one forward and backward on one thread: gradients flow through to the weights. */
    static StepWeights recorded(Dtype dtype) {
        return new StepWeights(dtype, true, false, Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** The type that products are computed in; of those over 8-bit integers, the type that goes in and comes out. */
    public Dtype dtype() {
        return dtype;
    }

    /** The type of attention's own products. */
    Dtype attentionDtype() {
        return quantization.map(Quantization::attention).orElse(dtype);
    }

    /** Whether linear maps are computed over small integers. */
    public boolean quantizes() {
        return quantization.isPresent();
    }

    /** Whether linear maps take their weights packed, if that is exact for their sizes. */
    public boolean packs() {
        return packs;
    }

    /** As {@link #of}, packed; empty if these weights are to be taken as they are. */
    synchronized Optional<Tensor> packed(String key, List<String> names, Parameters parameters) {
        if (!packs || unpacked.contains(key)) {
            return Optional.empty();
        }
        if (!built.containsKey(key) && !PackedLinear.isExact(dtype, outputs(names, parameters))) {
            unpacked.add(key);
            return Optional.empty();
        }
        replaced.addAll(names);
        return Optional.of(built(key, () -> PackedLinear.pack(Tensors.to(parameters.together(names), dtype))));
    }

    /**
     * The linear map of some weights over small integers, built at the first call; empty if it is to be computed in {@link #dtype}.
     *
     * @param names of matrices, one below the other
     */
    synchronized Optional<LinearMap> quantized(String key, List<String> names, Parameters parameters) {
        if (quantization.isEmpty()) {
            return Optional.empty();
        }
        if (shared.isPresent() && shared.get().has(names)) {
            return shared.get().others().quantized(key, names, parameters);
        }
        LinearMap known = quantized.get(key);
        if (known == null) {
            try (Scope scope = new Scope();
                    Autograd off = Autograd.off()) {
                known = quantization.get().map().apply(parameters.together(names));
            }
            quantized.put(key, known);
            replaced.addAll(names);
        }
        return Optional.of(known);
    }

    private static long outputs(List<String> names, Parameters parameters) {
        return names.stream().mapToLong(name -> parameters.get(name).size(0)).sum();
    }

    /** Whether walks that have been here once need that weight of the checkpoint no longer. */
    public synchronized boolean replaces(String weight) {
        return replaced.contains(weight);
    }

    /**
     * Some weights of the same input, one below the other, in the products' type; built at the first call.
     *
     * @param key under which it is kept
     * @param names of weights that have all sizes but the first in common
     */
    public synchronized Tensor of(String key, List<String> names, Parameters parameters) {
        if (shared.isPresent() && shared.get().has(names)) {
            return shared.get().others().of(key, names, parameters);
        }
        return built(
                key,
                () -> cast.flatMap(weights -> weights.adjacent(names))
                        .orElseGet(() -> Tensors.to(parameters.together(names), dtype)));
    }

    /**
     * Something else that is made of weights, or of nothing but sizes, and stays as it is until the weights move; made at the first call.
     *
     * @param key under which it is kept
     */
    public synchronized Tensor made(String key, Supplier<Tensor> making) {
        return built(key, making);
    }

    private Tensor built(String key, Supplier<Tensor> building) {
        Tensor known = built.get(key);
        if (known == null) {
            try (Scope scope = new Scope();
                    Autograd record = recorded ? Autograd.on() : Autograd.off()) {
                known = scope.own(new Tensor(building.get()));
            }
            built.put(key, known);
        }
        return known;
    }

    @Override
    public synchronized void close() {
        built.values().forEach(Tensor::close);
        built.clear();
        quantized.values().forEach(LinearMap::close);
        quantized.clear();
    }
}
