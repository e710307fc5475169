package io.vit4j.model;

import io.vit4j.base.InputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which adapters a model has. */
final class Adapters {
    private static final int SHOWN = 12;

    private Adapters() {}

    /** A model's blocks with the adapters that are asked for, none before block {@code from}. */
    static List<BlockDefinition> added(ModelDefinition model, LoraConfig lora, int from) {
        if (model.adapter().isPresent()) {
            throw new IllegalStateException("the model has adapters already");
        }
        List<List<ParameterSpec>> each = IntStream.range(0, model.blockCount())
                .mapToObj(block -> block < from ? List.<ParameterSpec>of() : specs(model, block, lora))
                .toList();
        int first = IntStream.range(0, each.size())
                .filter(block -> !each.get(block).isEmpty())
                .findFirst()
                .orElseThrow(() -> nothing(model, lora));
        int walkedBack = lora.bias() == LoraConfig.Bias.ALL ? from : first;
        List<BlockDefinition> adapted = new ArrayList<>();
        for (int block = 0; block < model.blockCount() - 1; block++) {
            adapted.add(new AdaptedBlock(model.blocks().get(block), each.get(block), block >= walkedBack));
        }
        HeadDefinition head = model.head();
        adapted.add(new HeadDefinition(
                new AdaptedBlock(head.features(), each.get(model.blockCount() - 1), true),
                head.classifier(),
                head.reads()));
        return adapted;
    }

    private static List<ParameterSpec> specs(ModelDefinition model, int block, LoraConfig lora) {
        List<ParameterSpec> specs = new ArrayList<>();
        for (ParameterSpec weight : adaptable(model, block)) {
            String module = LowRank.mapOf(weight.name());
            if (!lora.targets(module)) {
                continue;
            }
            int rank = lora.rankOf(module);
            LowRank.specs(module, weight.shape()[1], weight.shape()[0], rank, lora.settingsOf(module, rank))
                    .forEach(specs::add);
        }
        return specs;
    }

    /** The matrices of a block's linear maps; of the head without the classifier, which is trained as a whole. */
    private static List<ParameterSpec> adaptable(ModelDefinition model, int block) {
        BlockDefinition of = block == model.blockCount() - 1
                ? model.head().features()
                : model.blocks().get(block);
        return of.weights().stream()
                .filter(weight -> weight.role() instanceof ParameterSpec.LinearMap)
                .toList();
    }

    /** Says why no map fits: what was named is no linear map, or there is none of that name. */
    private static InputException nothing(ModelDefinition model, LoraConfig lora) {
        Set<String> classifier = model.classifierWeights();
        for (ParameterSpec weight : model.weights()) {
            boolean named =
                    weight.name().endsWith(".weight") && !lora.all() && lora.targets(LowRank.mapOf(weight.name()));
            if (named && classifier.contains(weight.name())) {
                return new InputException("target_modules names the classifier, " + LowRank.mapOf(weight.name())
                        + ", which is always trained as a whole; leave it out");
            }
            if (named) {
                return new InputException("target_modules names " + LowRank.mapOf(weight.name())
                        + ", which is no linear map of a layer; only these can be adapted: " + known(model));
            }
        }
        return new InputException("none of the model's linear maps is named by target_modules "
                + String.join(", ", lora.targetModules()) + "; there are " + known(model));
    }

    private static String known(ModelDefinition model) {
        Set<String> names = new TreeSet<>();
        IntStream.range(0, model.blockCount())
                .mapToObj(block -> adaptable(model, block))
                .flatMap(List::stream)
                .map(weight -> LowRank.mapOf(weight.name()))
                .forEach(name -> names.add(name.replaceFirst(".*\\.\\d+\\.", "")));
        return String.join(", ", names.stream().limit(SHOWN).toList());
    }

    /** The names of the weights that are trained: the adapters', new ones, and some biases. */
    static Set<String> trained(ModelDefinition model, LoraConfig lora, int from) {
        Set<String> trained = new HashSet<>(model.newWeights());
        Set<String> modules = new HashSet<>(modules(model));
        for (ParameterSpec weight : model.weights(from, model.blockCount())) {
            String name = weight.name();
            boolean bias = switch (lora.bias()) {
                case NONE -> false;
                case ALL -> name.contains("bias"); // peft's rule
                case LORA_ONLY ->
                    weight.isBias() && modules.contains(name.substring(0, name.length() - ".bias".length()));
            };
            if (bias || weight.role() instanceof LowRank.Settings) {
                trained.add(name);
            }
        }
        return Set.copyOf(trained);
    }

    /** The names of the maps that have an adapter, in the model's order. */
    static List<String> modules(ModelDefinition model) {
        return model.weights().stream()
                .map(weight -> LowRank.mapOfDown(weight.name()))
                .flatMap(Optional::stream)
                .toList();
    }

    /** The names of the modules that are trained as a whole, such as {@code classifier}. */
    static List<String> saved(ModelDefinition model) {
        return model.newWeights().stream()
                .flatMap(name -> Stream.of(name.substring(0, Math.max(0, name.lastIndexOf('.')))))
                .filter(name -> !name.isEmpty())
                .distinct()
                .toList();
    }
}
