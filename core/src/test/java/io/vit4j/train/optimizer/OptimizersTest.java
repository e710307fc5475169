package io.vit4j.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.TestDevice;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.model.Initialization;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.SmallModels;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.train.arguments.OptimizerArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.OptimizerState;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every optimizer against PyTorch's, transformers' or timm's, or NumPy's float64 where PyTorch has none ({@code optimizers.py}). */
class OptimizersTest {
    private static final List<ParameterSpec> SPECS = List.of(
            new ParameterSpec("frozen.weight", Initialization.zeros(), 33),
            new ParameterSpec("layer.weight", Initialization.zeros(), 280, 251),
            new ParameterSpec("layer.bias", Initialization.zeros(), 37).withoutDecay());

    @TestFactory
    List<DynamicTest> everyOptimizerMovesWeightsAsTheReferenceDoes() throws IOException {
        JsonNode recorded;
        try (InputStream in = OptimizersTest.class.getResourceAsStream("optimizers.json")) {
            recorded = Json.parse(in.readAllBytes(), "optimizers.json");
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode each : recorded.get("cases")) {
            tests.add(DynamicTest.dynamicTest(
                    each.get("optim").asText() + each.get("optim_args") + each.get("weight_decay"),
                    () -> compare(recorded, each)));
        }
        return tests;
    }

    private static void compare(JsonNode recorded, JsonNode expected) {
        TrainingArguments arguments = arguments(Map.of(
                "optim", expected.get("optim").asText(),
                "optim_args", Json.line(expected.get("optim_args")),
                "adam_beta1", recorded.get("adam_beta1").asText(),
                "adam_beta2", recorded.get("adam_beta2").asText(),
                "adam_epsilon", recorded.get("adam_epsilon").asText()));
        double factor = recorded.get("gradient_factor").doubleValue();
        try (Weights weights = new Weights(arguments)) {
            for (int step = 1; step <= 30; step++) {
                weights.step(step, factor, expected.get("weight_decay").doubleValue(), false);
                JsonNode shown = expected.get("weights").path(Integer.toString(step));
                for (Map.Entry<String, JsonNode> name : shown.properties()) {
                    float[] actual = Tensors.toFloats(weights.parameters.get(name.getKey()));
                    JsonNode indices = recorded.get("shown").get(name.getKey());
                    for (int i = 0; i < indices.size(); i++) {
                        assertThat((double) actual[indices.get(i).intValue()])
                                .as("%s[%s] after step %d", name.getKey(), indices.get(i), step)
                                .isCloseTo(name.getValue().get(i).doubleValue(), within(2e-6));
                    }
                }
            }
            assertThat(Tensors.toFloats(weights.parameters.get("frozen.weight")))
                    .containsOnly(0);
        }
    }

    @Test
    void aStretchIsSteppedAlikeInOnePieceAndInSeveral() {
        for (String optim : List.of("adamw_torch", "sgd", "rmsprop")) {
            String args = optim.startsWith("adamw") ? "" : "momentum=0.9";
            try (Weights whole = new Weights(arguments(Map.of("optim", optim, "optim_args", args)));
                    Weights chunks = new Weights(arguments(Map.of("optim", optim, "optim_args", args)))) {
                for (int step = 1; step <= 3; step++) {
                    whole.step(step, 1, 0.1, false);
                    chunks.step(step, 1, 0.1, true);
                }
                assertThat(whole.optimizer.needsWholeWeights()).isFalse();
                assertThat(Tensors.toFloats(chunks.parameters.get("layer.weight")))
                        .as(optim)
                        .containsExactly(Tensors.toFloats(whole.parameters.get("layer.weight")));
            }
        }
    }

    @Test
    void lambAsksForWholeWeightsAndMovesAWeightOfNoNorm() {
        try (Weights weights = new Weights(arguments(Map.of("optim", "lamb")))) {
            assertThat(weights.optimizer.needsWholeWeights()).isTrue();
            Parameters.Entry entry = weights.parameters.entry("layer.bias").orElseThrow();
            try (Scope scope = new Scope()) {
                weights.parameters.get("layer.bias").detach().zero_();
                weights.parameters.gradient("layer.bias").fill_(new org.bytedeco.pytorch.Scalar(3.0));
            }
            weights.optimizer.step(
                    new Optimizer.Step(0.5, 1, 1),
                    new Optimizer.ParameterRange(entry.offset(), entry.offset() + entry.count(), 0));
            assertThat(Tensors.toFloats(weights.parameters.get("layer.bias")))
                    .usingComparatorWithPrecision(1e-6f)
                    .containsOnly(-0.5f);
        }
    }

    @Test
    void anOptimizerIsGivenBackItsStateUnderEachTrainedWeightsName() {
        try (Weights weights = new Weights(arguments(Map.of("optim", "rmsprop", "optim_args", "centered=true")))) {
            assertThat(OptimizerState.tensors(weights.parameters, weights.optimizer.state(), weights.optimizer::shape))
                    .extracting(io.vit4j.hub.StoredTensor::name)
                    .containsExactlyInAnyOrder(
                            "grad_avg.layer.weight",
                            "grad_avg.layer.bias",
                            "square_avg.layer.weight",
                            "square_avg.layer.bias");
        }
    }

    @Test
    void ofAMatrixAdafactorKeepsOneNumberARowAndAColumn() {
        try (Weights weights = new Weights(arguments(Map.of("optim", "adafactor")))) {
            assertThat(OptimizerState.tensors(weights.parameters, weights.optimizer.state(), weights.optimizer::shape))
                    .extracting(tensor -> tensor.name() + Arrays.toString(tensor.shape()))
                    .containsExactlyInAnyOrder(
                            "exp_avg_sq.layer.bias[37]",
                            "exp_avg_sq_row.layer.weight[280]",
                            "exp_avg_sq_col.layer.weight[251]");
        }
    }

    @ParameterizedTest
    @EnumSource
    void theStateIsAsLargeAsItIsPlannedToBe(TrainingArguments.OptimizerName name) {
        ModelDefinition model = ModelDefinition.of(SmallModels.vit(8, 2, 2, 16, 16, 8));
        TrainingArguments arguments =
                arguments(Map.of("optim", name.name().toLowerCase(Locale.ROOT), "model_ema_decay", "0.9"));
        OptimizerFactory factory = ModelEma.of(
                OptimizerArguments.factory(arguments, model),
                OptimizerArguments.modelEma(arguments).orElseThrow());
        try (Parameters parameters = new Parameters(model.weights(), TestDevice.here())) {
            parameters.trainable(weight -> weight.contains("embeddings"));
            try (Optimizer optimizer = factory.create(parameters)) {
                long kept = OptimizerState.tensors(parameters, optimizer.state(), optimizer::shape).stream()
                        .mapToLong(tensor -> tensor.byteSize() / Float.BYTES)
                        .sum();
                assertThat(OptimizerArguments.stateNumbers(arguments, model, weight -> !weight.contains("embeddings")))
                        .isEqualTo(kept);
            }
        }
    }

    @Test
    void settingsThatContradictAdafactorsOwnRateAreRefused() {
        assertThatThrownBy(() -> arguments(
                        Map.of("optim", "adafactor", "optim_args", "relative_step=true", "learning_rate", "1e-3")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("leave learning_rate out");
        assertThatThrownBy(() -> arguments(Map.of("optim", "adafactor", "optim_args", "warmup_init=true")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("relative_step=true");
    }

    @Test
    void settingsThatAnOptimizerHasNoUseForAreNamedAtOnce() {
        assertThatThrownBy(() -> arguments(Map.of("optim", "sgd", "optim_args", "momentun=0.9")))
                .isInstanceOf(InputException.class)
                .hasMessage("optim_args: momentun is not a setting of sgd; did you mean momentum? It has dampening,"
                        + " momentum, nesterov");
        assertThatThrownBy(() -> arguments(Map.of("optim", "sgd", "optim_args", "nesterov=true")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("needs momentum");
        assertThatThrownBy(() -> arguments(Map.of("optim_args", "momentum=0.9")))
                .isInstanceOf(InputException.class)
                .hasMessage("optim_args: momentum is not a setting of adamw_torch; it has none");
        assertThatThrownBy(() -> arguments(Map.of("optim", "rmsprop", "optim_args", "alpha=1.5")))
                .isInstanceOf(InputException.class);
        assertThatThrownBy(() -> arguments(Map.of("optim", "rmsprop", "optim_args", "centered=2")))
                .isInstanceOf(InputException.class);
    }

    private static TrainingArguments arguments(Map<String, String> given) {
        return TrainingArguments.builder().set(given).build();
    }

    /** Some weights, the first of them frozen, and what moves them; numbers as {@code optimizers.py} makes them. */
    private static final class Weights implements AutoCloseable {
        final Parameters parameters = new Parameters(SPECS, TestDevice.here());
        final Optimizer optimizer;

        Weights(TrainingArguments arguments) {
            parameters.trainable(name -> name.startsWith("frozen"));
            optimizer = OptimizerArguments.factory(arguments, Set.of("layer.weight"))
                    .create(parameters);
            for (Parameters.Entry entry : parameters.trained()) {
                double shift = entry.name().length();
                fill(parameters.get(entry.name()).detach(), i -> Math.cos(0.11 * i + shift));
            }
        }

        void step(int number, double factor, double weightDecay, boolean inChunks) {
            Optimizer.Step step = new Optimizer.Step(0.01 * (1 + 0.5 * Math.cos(0.4 * number)), number, factor);
            for (Parameters.Entry entry : parameters.trained()) {
                double shift = 1.3 * number + entry.name().length();
                fill(parameters.gradient(entry.name()), i -> 0.1 * Math.sin(0.37 * i + shift) + 0.02);
                double decay = entry.spec().decays() ? weightDecay : 0;
                long end = entry.offset() + entry.count();
                long middle = inChunks ? entry.offset() + entry.count() / 3 : end;
                optimizer.step(step, new Optimizer.ParameterRange(entry.offset(), middle, decay));
                if (middle < end) {
                    optimizer.step(step, new Optimizer.ParameterRange(middle, end, decay));
                }
            }
        }

        private static void fill(org.bytedeco.pytorch.Tensor tensor, java.util.function.IntToDoubleFunction number) {
            double[] numbers = new double[(int) tensor.numel()];
            Arrays.setAll(numbers, number);
            float[] rounded = new float[numbers.length];
            for (int i = 0; i < numbers.length; i++) {
                rounded[i] = (float) numbers[i];
            }
            try (Scope scope = new Scope()) {
                tensor.copy_(Tensors.of(rounded, tensor.shape()));
            }
        }

        @Override
        public void close() {
            optimizer.close();
            parameters.close();
        }
    }
}
