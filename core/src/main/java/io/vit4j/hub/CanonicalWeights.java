package io.vit4j.hub;

import io.vit4j.base.InputException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Weights under the hub's names, whatever their files call them; see {@link WeightNames}. */
final class CanonicalWeights implements WeightSource {
    private final WeightSource files;
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    private CanonicalWeights(WeightSource files) {
        this.files = files;
        Map<String, String> originals = new LinkedHashMap<>();
        for (StoredTensor tensor : files.tensors()) {
            String name = WeightNames.canonical(tensor.name());
            String earlier = originals.put(name, tensor.name());
            if (earlier != null) {
                throw new InputException(files.description() + ": contains both " + earlier + " and " + tensor.name()
                        + ", two names of the same weight; remove one");
            }
            tensors.put(name, name.equals(tensor.name()) ? tensor : tensor.named(name));
        }
    }

    static WeightSource over(WeightSource files) {
        try {
            return new CanonicalWeights(files);
        } catch (RuntimeException | Error e) {
            files.close();
            throw e;
        }
    }

    @Override
    public Collection<StoredTensor> tensors() {
        return Collections.unmodifiableCollection(tensors.values());
    }

    @Override
    public Optional<StoredTensor> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    @Override
    public String description() {
        return files.description();
    }

    @Override
    public void close() {
        files.close();
    }
}
