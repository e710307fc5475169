package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ProblemType;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers of which only some weights are trained, and adapters beside their linear maps. */
class LowRankTest {
    private static final int HIDDEN = 16;
    private static final int TOKENS = 2 + 3 * 3;
    private static final int BATCH = 3;

    private static Stream<Arguments> cases() {
        return PreNormLayerTest.layers().keySet().stream()
                .flatMap(layer -> Stream.of("dropping adapters", "biases", "adapters and what is around them")
                        .flatMap(trained -> Stream.of(true, false)
                                .map(inputGradient -> Arguments.of(layer, trained, inputGradient))));
    }

    private static AdaptedBlock adapted(EncoderLayerDefinition layer, double dropout) {
        List<String> maps = List.of("query", "value", "output", "fc1", "gate", "fc2");
        List<ParameterSpec> adapters = layer.weights().stream()
                .filter(weight -> weight.role() instanceof ParameterSpec.LinearMap)
                .filter(weight -> maps.contains(LowRank.mapOf(weight.name())))
                .flatMap(weight -> LowRank.specs(
                        LowRank.mapOf(weight.name()),
                        weight.shape()[1],
                        weight.shape()[0],
                        3,
                        new LowRank.Settings(0.7, dropout)))
                .toList();
        return new AdaptedBlock(layer, adapters, true);
    }

    private static Predicate<String> trained(String what) {
        return switch (what) {
            case "biases" -> ParameterSpec::isBias;
            case "adapters and what is around them" ->
                name -> name.contains(".lora_") || name.matches("(query|value|fc2).bias|norm1.*|table");
            default -> name -> name.contains(".lora_");
        };
    }

    /** Output, and gradients of the input and of what is trained. */
    private static Map<String, float[]> walked(
            Recorded recorded, boolean inputGradient, Parameters parameters, Tensor gradient) {
        Map<String, float[]> values = new TreeMap<>();
        try (recorded) {
            values.put("output", Tensors.toFloats(recorded.output()));
            Optional<Tensor> input = recorded.backward(gradient);
            assertThat(input.isPresent()).isEqualTo(inputGradient);
            input.ifPresent(at -> values.put("input", Tensors.toFloats(at)));
            parameters.forgetGradients();
            recorded.accumulate();
        }
        parameters
                .trained()
                .forEach(entry -> values.put(entry.name(), Tensors.toFloats(parameters.gradient(entry.name()))));
        return values;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theWrittenOutDerivativeIsThatOfAutograd(String layer, String trained, boolean inputGradient) {
        AdaptedBlock adapted = adapted(PreNormLayerTest.layers().get(layer), trained.startsWith("dropping") ? 0.4 : 0);
        try (Parameters parameters = PreNormLayerTest.drawn(adapted);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            parameters.trainable(trained(trained).negate());
            Tensor hidden = random(BATCH, TOKENS, HIDDEN);
            Tensor gradient = random(BATCH, TOKENS, HIDDEN).mul(hidden);
            Block block = adapted.over(parameters);
            Context context = Context.training(weights, RandomKey.of(5), new long[] {4, 1, 7});
            Recorded own = block.record(hidden, inputGradient, context);
            assertThat(own).isNotInstanceOf(RecordedByAutograd.class);
            Map<String, float[]> written = walked(own, inputGradient, parameters, gradient);
            Map<String, float[]> byAutograd = walked(
                    new RecordedByAutograd(block, hidden, inputGradient, context), inputGradient, parameters, gradient);
            assertThat(written.keySet()).isEqualTo(byAutograd.keySet());
            written.forEach((what, values) -> {
                // the same number added to all keys moves nothing: what is left of that gradient is rounding
                double size = Fixture.norm(byAutograd.get(what.equals("key.bias") ? "fc2.bias" : what));
                assertThat(Fixture.largestDifference(values, byAutograd.get(what)))
                        .as(what)
                        .isLessThanOrEqualTo(4e-6 * size);
            });
        }
    }

    private static Tensor random(long... shape) {
        Tensor numbers = Tensors.empty(Dtype.FLOAT32, Device.CPU, shape);
        Tensors.fillNormal(numbers, 0, 1, Arrays.hashCode(shape));
        return numbers;
    }

    private static ModelDefinition vit() {
        return SmallModels.config(ProblemType.MULTI_LABEL, "a", "b");
    }

    private static List<String> modules(LoraConfig lora) {
        return vit().withAdapter(lora).adaptedModules().stream()
                .filter(module -> module.contains(".1."))
                .map(module -> module.replaceFirst(".*\\.1\\.", ""))
                .toList();
    }

    /** peft's check_target_module_exists: a name fits as a whole or after a dot, a text by fullmatch. */
    @Test
    void modulesAreTargetedByPeftsRules() {
        assertThat(modules(LoraConfig.ofRank(2)))
                .containsExactly(
                        "attention.attention.query",
                        "attention.attention.key",
                        "attention.attention.value",
                        "attention.output.dense",
                        "intermediate.dense",
                        "output.dense");
        assertThat(modules(LoraConfig.ofRank(2).withTargets("query", "value")))
                .containsExactly("attention.attention.query", "attention.attention.value");
        assertThat(modules(LoraConfig.ofRank(2).withTargets("output.dense")))
                .containsExactly("attention.output.dense", "output.dense");
        assertThat(modules(LoraConfig.ofRank(2).withTargets("vit.encoder.layer.1.output.dense")))
                .containsExactly("output.dense");
        assertThat(modules(LoraConfig.ofRank(2).withTargets(".*\\.1\\..*(query|key)")))
                .containsExactly("attention.attention.query", "attention.attention.key");
        assertThat(modules(LoraConfig.ofRank(2).withTargets("uery", "value")))
                .containsExactly("attention.attention.value");
    }

    /** peft's get_pattern_key: the first pattern that ends a name after a dot. */
    @Test
    void patternsGiveSingleMapsOtherRanksAndAlphas() {
        LoraConfig lora = new LoraConfig(
                4,
                8,
                0,
                List.of("query", "value", "dense"),
                Map.of("layer\\.1\\..*value", 2, "intermediate.dense", 6),
                Map.of("query", 3.0),
                false,
                LoraConfig.Bias.NONE);
        ModelDefinition adapted = vit().withAdapter(lora);
        assertThat(rankAndScale(adapted, "vit.encoder.layer.0.attention.attention.value"))
                .containsExactly(4, 2);
        assertThat(rankAndScale(adapted, "vit.encoder.layer.1.attention.attention.value"))
                .containsExactly(2, 4);
        assertThat(rankAndScale(adapted, "vit.encoder.layer.1.attention.attention.query"))
                .containsExactly(4, 0.75);
        assertThat(rankAndScale(adapted, "vit.encoder.layer.2.intermediate.dense"))
                .containsExactly(6, 8 / 6.0);
        assertThat(rankAndScale(adapted, "vit.encoder.layer.2.attention.output.dense"))
                .containsExactly(4, 2);
    }

    private static double[] rankAndScale(ModelDefinition model, String module) {
        ParameterSpec down = model.weight(module + ".lora_A.weight");
        return new double[] {down.shape()[0], ((LowRank.Settings) down.role()).scale()};
    }

    @Test
    void whatCannotBeAdaptedIsNamed() {
        assertThatThrownBy(() -> vit().withAdapter(LoraConfig.ofRank(2).withTargets("classifier")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("the classifier, classifier, which is always trained as a whole");
        assertThatThrownBy(() -> vit().withAdapter(LoraConfig.ofRank(2).withTargets("projection")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no linear map of a layer")
                .hasMessageContaining("attention.attention.query");
        assertThatThrownBy(() -> vit().withAdapter(LoraConfig.ofRank(2).withTargets("q_proj")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("none of the model's linear maps");
        assertThatThrownBy(() -> vit().withAdapter(LoraConfig.ofRank(2).withTargets("(.*)(.*)(.*)(.*)(.*)(.*)!")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("takes too long");
        assertThatThrownBy(() -> LoraConfig.ofRank(0)).isInstanceOf(InputException.class);
    }
}
