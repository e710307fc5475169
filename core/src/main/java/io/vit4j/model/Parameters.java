package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.base.MemoryRoom;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The float32 weights of some blocks, all in one flat buffer, block after block: an optimizer, an all-reduce or a
 * checkpoint walks memory, not a list of small tensors. Each weight is a leaf of the graph over its stretch of the
 * buffer. Once {@link #trainable} is called, those that are trained lie first; their gradients are added up in a second buffer
 * laid out alike, which ends where they end.
 */
public final class Parameters implements AutoCloseable {
    /**
     * Where a weight lies.
     *
     * @param offset first number in the flat buffers
     */
    public record Entry(ParameterSpec spec, long offset) {
        /** {@return its name in the checkpoint} */
        public String name() {
            return spec.name();
        }

        /** {@return how many numbers it has} */
        public long count() {
            return spec.count();
        }
    }

    private static final long WORTH_ASKING = 256 << 20;

    private final Device device;
    private final Map<String, Tensor> leaves = new LinkedHashMap<>();
    private WeightLayout layout;
    private Tensor values;
    private long trainedSize;
    private Optional<GradientBuffer> gradients = Optional.empty();
    private boolean borrowsGradients;
    private Optional<Parameters> beneath = Optional.empty();

    /** Room for these weights, filled with zeros. */
    public Parameters(List<ParameterSpec> specs, Device device) {
        this(WeightLayout.of(specs), device);
    }

    /** The same, laid out so. */
    Parameters(WeightLayout layout, Device device) {
        this.device = device;
        lay(layout);
    }

    private void lay(WeightLayout laidOut) {
        layout = laidOut;
        requireRoom();
        try (Scope scope = new Scope()) {
            values = scope.own(allocated(() -> Tensors.zeros(Dtype.FLOAT32, device, layout.size())));
            makeLeaves(scope);
        }
    }

    private void makeLeaves(Scope scope) {
        layout.names()
                .forEach(name ->
                        leaves.put(name, scope.own(layout.slice(values, name).detach())));
    }

    /** Gives up all other weights and their memory; to be called before {@link #trainable}. */
    public void keepOnly(Predicate<String> wanted) {
        List<ParameterSpec> kept = layout.entries().stream()
                .map(Entry::spec)
                .filter(spec -> wanted.test(spec.name()))
                .toList();
        if (kept.size() < leaves.size()) {
            moveTo(WeightLayout.of(kept));
        }
    }

    /** Lays all or some of the weights out in another way. */
    private void moveTo(WeightLayout other) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor before = values;
            WeightLayout layoutBefore = layout;
            leaves.values().forEach(Tensor::close);
            leaves.clear();
            lay(other);
            other.names().forEach(name -> get(name).detach().copy_(layoutBefore.slice(before, name)));
            before.close();
        }
    }

    /**
     * The trained weights between two numbers of the flat buffers, each cut to what lies between (and then flat), values and gradients in
     * the same memory: what one of several replicas steps. To be called after {@link #trainable}.
     *
     * @param to at most {@link #trainedSize}
     */
    public Parameters within(long from, long to) {
        return new Parameters(this, from, to);
    }

    /** Room for those of the weights that are trained in main memory, laid out alike; its numbers are not these. */
    public Parameters onHost() {
        Parameters host = new Parameters(trained().stream().map(Entry::spec).toList(), Device.CPU);
        host.trainable(name -> false);
        return host;
    }

    private Parameters(Parameters of, long from, long to) {
        device = of.device;
        layout = of.layout.within(from, to);
        try (Scope scope = new Scope()) {
            values = scope.own(of.values.narrow(0, from, layout.size()));
            makeLeaves(scope);
            gradients = Optional.of(gradientsOver(scope.own(of.gradients().narrow(0, from, layout.size()))));
        }
        trainedSize = layout.size();
        leaves.forEach((name, leaf) -> leaf.set_requires_grad(of.get(name).requires_grad()));
    }

    /**
     * Weights over others: those that are new here, and behind them all of the others, in the others' memory, which must live longer.
     * For walks that do not go back.
     *
     * @param own the new weights, which may be named as others are; zeros
     */
    Parameters over(List<ParameterSpec> own) {
        Parameters over = new Parameters(own, device);
        over.beneath = Optional.of(this);
        return over;
    }

    /** The same weights for another walk: the memory of the values is shared, leaves and gradients are its own. */
    public Parameters sharing() {
        return new Parameters(this);
    }

    /** The same weights for another thread of the same walk: values and gradients are shared, leaves are its own. */
    public Parameters lane() {
        Parameters lane = new Parameters(this);
        lane.leaves.forEach(
                (name, leaf) -> leaf.set_requires_grad(leaves.get(name).requires_grad()));
        lane.gradients = gradients;
        lane.trainedSize = trainedSize;
        lane.borrowsGradients = true;
        return lane;
    }

    private Optional<GradientBuffer> ownedGradients() {
        return borrowsGradients ? Optional.empty() : gradients;
    }

    private Parameters(Parameters of) {
        device = of.device;
        layout = of.layout;
        try (Scope scope = new Scope()) {
            values = scope.own(new Tensor(of.values));
            makeLeaves(scope);
        }
    }

    /** Before any is taken: Linux grants more than it has, and ends a process that uses it. */
    private void requireRoom() {
        long bytes = layout.size() * Float.BYTES;
        if (!device.isCpu() || bytes < WORTH_ASKING) {
            return;
        }
        MemoryRoom.here().filter(room -> room.bytes() < bytes).ifPresent(room -> {
            throw new InputException(
                    "the model's " + layout.size() + " weights need " + MemoryRoom.inGib(bytes) + ", but "
                            + MemoryRoom.inGib(room.bytes()) + " " + room.source()
                            + " are left; use a smaller model or free memory");
        });
    }

    private Tensor allocated(Supplier<Tensor> allocation) {
        try {
            return allocation.get();
        } catch (RuntimeException e) {
            throw new InputException(
                    "the model's " + layout.size() + " weights need " + MemoryRoom.inGib(layout.size() * Float.BYTES)
                            + ", which could not be allocated on " + device + "; use a smaller model or free memory",
                    e);
        }
    }

    /** The weight of that name, {@code spec.shape()}, float32. */
    public Tensor get(String name) {
        Tensor leaf = leaves.get(name);
        return leaf != null
                ? leaf
                : beneath.orElseThrow(() -> new IllegalArgumentException("no weight named " + name))
                        .get(name);
    }

    /**
     * Several weights one below the other, {@code [sum of rows, ...]}, float32: where they lie so in the flat buffer and nothing
     * is recorded a view of it, else a copy through which gradients flow to each.
     *
     * @param names of weights that have all sizes but the first in common
     */
    Tensor together(List<String> names) {
        if (names.size() == 1) {
            return get(names.get(0));
        }
        if (beneath.isPresent() && names.stream().noneMatch(leaves::containsKey)) {
            return beneath.get().together(names);
        }
        boolean here = leaves.keySet().containsAll(names) && !Autograd.isRecording();
        Optional<Tensor> view = here ? adjacent(values, names) : Optional.empty();
        return view.orElseGet(() -> {
            TensorVector parts = new TensorVector();
            names.forEach(name -> parts.push_back(get(name)));
            return torch.cat(parts, 0);
        });
    }

    /** The stretch of a flat buffer that belongs to these weights, as one; empty if something lies between them. */
    Optional<Tensor> adjacent(Tensor flat, List<String> names) {
        return layout.adjacent(flat, names);
    }

    /** {@return where the weights that are trained lie in the flat buffers} */
    public WeightLayout trainedLayout() {
        return layout.within(0, trainedSize);
    }

    /** Every weight in the order of the blocks. */
    public Collection<Entry> entries() {
        return layout.entries();
    }

    /**
     * The weight of a name, if there is one.
     * @param name as in the checkpoint
     * @return the weight
     */
    public Optional<Entry> entry(String name) {
        return layout.entry(name).or(() -> beneath.flatMap(others -> others.entry(name)));
    }

    /** {@return where the weights lie} */
    public Device device() {
        return device;
    }

    /** Numbers in a flat buffer, with the gaps that alignment leaves (always zero). */
    public long size() {
        return layout.size();
    }

    /** Numbers in a flat buffer of what is trained, with the gaps that alignment leaves; 0 before {@link #trainable}. */
    public long trainedSize() {
        return trainedSize;
    }

    /** All weights, {@code [size()]}. */
    public Tensor values() {
        return values;
    }

    /** All gradients, {@code [trainedSize()]}, once all walks have ended. */
    public Tensor gradients() {
        settleAll();
        return buffer().flat();
    }

    /** The gradient of one weight, in its shape, on the gradient buffer. */
    public Tensor gradient(String name) {
        settle(List.of(layout.entry(name).orElseThrow()));
        return layout.slice(buffer().flat(), name);
    }

    /**
     * Makes room for gradients of every weight but the frozen ones, and lays these behind the others; for none at all where all are
     * frozen.
     */
    public void trainable(Predicate<String> frozen) {
        WeightLayout ordered = layout.trainedFirst(frozen.negate());
        if (!ordered.names().equals(layout.names())) {
            moveTo(ordered);
        }
        trainedSize = layout.sizeOf(frozen.negate());
        leaves.forEach((name, leaf) -> leaf.set_requires_grad(!frozen.test(name)));
        gradients.ifPresent(GradientBuffer::close);
        gradients = Optional.of(gradientsOver(zerosForTrained()));
    }

    private GradientBuffer gradientsOver(Tensor flat) {
        return new GradientBuffer(flat, name -> layout.slice(flat, name));
    }

    /**
     * Adds to the gradient of a weight. Who adds first to a weight whose gradient was forgotten writes it, so that nobody
     * passes over memory to set it to zero. Called while the recording of gradients is off.
     *
     * @param gradient of the weight's shape, or as many numbers, in any float type
     */
    public void addGradient(String name, Tensor gradient) {
        try (Scope scope = new Scope()) {
            buffer().add(name, gradient);
        }
    }

    /** Has every gradient written anew by the next {@link #addGradient}; what nobody adds to becomes zero when it is read. */
    public void forgetGradients() {
        buffer().forget();
    }

    /** Gives what nobody has added to since {@link #forgetGradients} its zeros. */
    private void settle(Collection<Entry> of) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            of.forEach(entry -> buffer().settle(entry.name()));
        }
    }

    /** Writes the zeros of what nobody has added to, over a stretch of the flat buffer. */
    public void settle(long offset, long elements) {
        settle(trained().stream()
                .filter(entry -> entry.offset() < offset + elements && entry.offset() + entry.count() > offset)
                .toList());
    }

    private void settleAll() {
        if (!buffer().settled()) {
            settle(trained());
            buffer().allSettled();
        }
    }

    private GradientBuffer buffer() {
        return gradients.orElseThrow(() -> new IllegalStateException("trainable() was not called"));
    }

    /** The weights that are trained, in the order of the blocks; none before {@link #trainable}. */
    public List<Entry> trained() {
        return layout.entries().stream()
                .filter(entry -> leaves.get(entry.name()).requires_grad())
                .toList();
    }

    /** A flat buffer of zeros laid out as the weights that are trained, {@code [trainedSize()]} float32. */
    public Tensor zerosForTrained() {
        return allocated(() -> Tensors.zeros(Dtype.FLOAT32, device, trainedSize));
    }

    /** Sets every gradient to zero. */
    public void zeroGradients() {
        forgetGradients();
        settleAll();
    }

    /** A part of the flat buffers: numbers {@code from} (included) to {@code to} (not included). */
    public record Stretch(long from, long to) {
        /** {@return how many numbers that is} */
        public long length() {
            return to - from;
        }
    }

    /** Where the trained weights lie: in one stretch, with the gaps of alignment within it; in none where all are frozen. */
    public List<Stretch> trainedStretches() {
        return trainedSize == 0 ? List.of() : List.of(new Stretch(0, trainedSize));
    }

    /** Room for a flat buffer in another type, {@code [size()]}, beside the weights. */
    Tensor room(Dtype dtype) {
        return allocated(() -> Tensors.empty(dtype, device, layout.size()));
    }

    /** Room on the CPU for a flat buffer of what is trained, {@code [trainedSize()]} float32. */
    public Tensor hostBuffer() {
        return allocated(() -> Tensors.empty(Dtype.FLOAT32, Device.CPU, trainedSize));
    }

    /** Names in the order of the blocks. */
    public List<String> names() {
        return layout.names();
    }

    @Override
    public void close() {
        leaves.values().forEach(Tensor::close);
        values.close();
        ownedGradients().ifPresent(GradientBuffer::close);
    }
}
