package io.vit4j.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** Where weights lie in a flat buffer: one after the other, in their order, each beginning at a cache line. */
public final class WeightLayout {
    /** Floats a weight's start is a multiple of: one cache line. */
    private static final int ALIGNMENT = 16;

    private final Map<String, Parameters.Entry> entries;
    private final long size;

    private WeightLayout(Map<String, Parameters.Entry> entries, long size) {
        this.entries = entries;
        this.size = size;
    }

    /** The same weights, those that are trained before the others, in their order otherwise. */
    public WeightLayout trainedFirst(Predicate<String> trained) {
        List<ParameterSpec> order = new ArrayList<>();
        specs().filter(spec -> trained.test(spec.name())).forEach(order::add);
        specs().filter(spec -> !trained.test(spec.name())).forEach(order::add);
        return of(order);
    }

    private Stream<ParameterSpec> specs() {
        return entries.values().stream().map(Parameters.Entry::spec);
    }

    /** Numbers in a buffer of the first weights alone, which are those of that kind, with the gaps that alignment leaves. */
    public long sizeOf(Predicate<String> first) {
        return entries.values().stream()
                .filter(entry -> !first.test(entry.name()))
                .mapToLong(Parameters.Entry::offset)
                .min()
                .orElse(size);
    }

    /** The layout of such weights. */
    public static WeightLayout of(Collection<ParameterSpec> specs) {
        Map<String, Parameters.Entry> entries = new LinkedHashMap<>();
        long end = 0;
        for (ParameterSpec spec : specs) {
            if (entries.put(spec.name(), new Parameters.Entry(spec, end)) != null) {
                throw new IllegalArgumentException(spec.name() + " is there twice");
            }
            end += (spec.count() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        return new WeightLayout(entries, end);
    }

    /** What lies between two numbers of the buffer, counted from the first; a weight that is cut becomes flat. */
    WeightLayout within(long from, long to) {
        Map<String, Parameters.Entry> cut = new LinkedHashMap<>();
        for (Parameters.Entry entry : entries.values()) {
            long first = Math.max(from, entry.offset());
            long count = Math.min(to, entry.offset() + entry.count()) - first;
            if (count > 0) {
                cut.put(entry.name(), new Parameters.Entry(cut(entry.spec(), count), first - from));
            }
        }
        return new WeightLayout(cut, to - from);
    }

    private static ParameterSpec cut(ParameterSpec spec, long count) {
        return count == spec.count() ? spec : spec.withShape(count);
    }

    /** {@return every weight, in order} */
    public Collection<Parameters.Entry> entries() {
        return Collections.unmodifiableCollection(entries.values());
    }

    /** The weight of a name, if there is one. */
    public Optional<Parameters.Entry> entry(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /** {@return the weights' names, in order} */
    public List<String> names() {
        return new ArrayList<>(entries.keySet());
    }

    /** {@return numbers in a buffer, with the gaps that alignment leaves} */
    public long size() {
        return size;
    }

    /** The stretch of a buffer that belongs to a weight, in its shape. */
    public Tensor slice(Tensor flat, String name) {
        Parameters.Entry entry = entries.get(name);
        return flat.narrow(0, entry.offset(), entry.count()).view(entry.spec().shape());
    }

    /** The stretch of a buffer that belongs to these weights, as one; empty if something lies between them. */
    Optional<Tensor> adjacent(Tensor flat, List<String> names) {
        Parameters.Entry first = entries.get(names.get(0));
        long end = first.offset();
        long rows = 0;
        for (String name : names) {
            Parameters.Entry entry = entries.get(name);
            if (entry.offset() != end) {
                return Optional.empty();
            }
            end += entry.count();
            rows += entry.spec().shape()[0];
        }
        long[] shape = first.spec().shape().clone();
        shape[0] = rows;
        return Optional.of(flat.narrow(0, first.offset(), end - first.offset()).view(shape));
    }
}
