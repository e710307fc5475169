package io.vit4j.hub;

import io.vit4j.base.InputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/** Weights under their model's names, whatever their files call them. */
final class CanonicalWeights extends NamedTensors {
    private static final List<String> WRAPPERS = List.of("module.", "_orig_mod.");

    private final WeightSource files;

    private CanonicalWeights(WeightSource files, BiFunction<String, Set<String>, String> canonical) {
        super(files.description());
        this.files = files;
        Map<String, String> originals = new LinkedHashMap<>();
        Set<String> all = files.tensors().stream()
                .map(tensor -> unwrapped(tensor.name()))
                .collect(Collectors.toUnmodifiableSet());
        for (StoredTensor tensor : files.tensors()) {
            String name = canonical.apply(unwrapped(tensor.name()), all);
            String earlier = originals.put(name, tensor.name());
            if (earlier != null) {
                throw new InputException(files.description() + ": contains both " + earlier + " and " + tensor.name()
                        + ", two names of the same weight; remove one");
            }
            add(name, name.equals(tensor.name()) ? tensor : tensor.named(name));
        }
    }

    /** Wrappers for training put their own names in front. */
    private static String unwrapped(String name) {
        String bare = name;
        for (String wrapper : WRAPPERS) {
            if (bare.startsWith(wrapper)) {
                bare = bare.substring(wrapper.length());
            }
        }
        return bare;
    }

    static WeightSource over(WeightSource files, BiFunction<String, Set<String>, String> canonical) {
        try {
            return new CanonicalWeights(files, canonical);
        } catch (RuntimeException | Error e) {
            files.close();
            throw e;
        }
    }

    @Override
    public void close() {
        files.close();
    }
}
