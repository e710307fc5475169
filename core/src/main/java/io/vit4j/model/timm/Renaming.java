package io.vit4j.model.timm;

import io.vit4j.base.InputException;
import io.vit4j.hub.StoredTensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** From one library's names and shapes of weights to another's: rules, of which the first that fits a whole name holds. */
final class Renaming {
    /** What becomes of a tensor whose name fits. */
    private interface Change {
        /** @param name makes one of its replacement text, in which {@code $1} stands for the first group */
        Stream<StoredTensor> of(StoredTensor tensor, Naming name);
    }

    /** A name of a replacement text. */
    private interface Naming {
        String of(String replacement);
    }

    /** A change of numbers' places, under a new name. */
    interface Reshaping {
        StoredTensor of(StoredTensor tensor, String name);
    }

    private record Rule(Pattern pattern, Change change) {}

    private final List<Rule> rules = new ArrayList<>();

    private Renaming rule(String pattern, Change change) {
        rules.add(new Rule(Pattern.compile(pattern), change));
        return this;
    }

    /** Another name, {@code $1} standing for the pattern's first group. */
    Renaming to(String pattern, String name) {
        return rule(pattern, (tensor, named) -> Stream.of(tensor.named(named.of(name))));
    }

    /** Another name and shape. */
    Renaming to(String pattern, String name, Reshaping reshaping) {
        return rule(pattern, (tensor, named) -> Stream.of(reshaping.of(tensor, named.of(name))));
    }

    /** Equal parts of the first dimension, each a tensor of its own. */
    Renaming split(String pattern, String... names) {
        return rule(pattern, (tensor, named) -> {
            long[] shape = tensor.shape();
            if (shape.length == 0 || shape[0] % names.length != 0) {
                throw new InputException(tensor.name() + " cannot be cut into " + names.length
                        + " equal parts; the weights are not those of the architecture");
            }
            return Stream.iterate(0, i -> i < names.length, i -> i + 1)
                    .map(i -> TensorViews.part(tensor, i, names.length, named.of(names[i])));
        });
    }

    /**
     * Tensors of one name after renaming made one, stacked by their first dimension in their order; the others as they are.
     *
     * @param pattern of those that are joined
     */
    static List<StoredTensor> joined(List<StoredTensor> tensors, String pattern, String name) {
        Pattern joining = Pattern.compile(pattern);
        Map<String, List<StoredTensor>> byName = new LinkedHashMap<>();
        for (StoredTensor tensor : tensors) {
            Matcher matcher = joining.matcher(tensor.name());
            String joint = matcher.matches() ? matcher.replaceFirst(name) : tensor.name();
            byName.computeIfAbsent(joint, made -> new ArrayList<>()).add(tensor);
        }
        return byName.entrySet().stream()
                .map(entry -> entry.getValue().size() == 1
                        ? entry.getValue().get(0)
                        : TensorViews.stacked(entry.getValue(), entry.getKey()))
                .toList();
    }

    /** Left out, because it is no weight. */
    Renaming without(String pattern) {
        return rule(pattern, (tensor, named) -> Stream.empty());
    }

    /** The tensors as the rules have them; those that none fits as they are. */
    List<StoredTensor> of(Collection<StoredTensor> tensors) {
        return tensors.stream().flatMap(this::of).toList();
    }

    private Stream<StoredTensor> of(StoredTensor tensor) {
        for (Rule rule : rules) {
            Matcher matcher = rule.pattern().matcher(tensor.name());
            if (matcher.matches()) {
                return rule.change().of(tensor, matcher::replaceFirst);
            }
        }
        return Stream.of(tensor);
    }
}
