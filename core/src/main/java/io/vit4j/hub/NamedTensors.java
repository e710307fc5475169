package io.vit4j.hub;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Tensors of open files by name: what every form of a checkpoint comes to. */
abstract class NamedTensors implements WeightSource {
    private final String description;
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    /** @param description the file, or the folder of several */
    NamedTensors(String description) {
        this.description = description;
    }

    /** A tensor more. */
    final void add(String name, StoredTensor tensor) {
        tensors.put(name, tensor);
    }

    @Override
    public final Collection<StoredTensor> tensors() {
        return Collections.unmodifiableCollection(tensors.values());
    }

    @Override
    public final Optional<StoredTensor> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    @Override
    public final String description() {
        return description;
    }
}
