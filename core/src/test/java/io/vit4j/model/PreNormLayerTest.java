package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.RandomKey;
import io.vit4j.model.transformer.AttentionBias;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import io.vit4j.model.transformer.LayerScale;
import io.vit4j.model.transformer.Mlp;
import io.vit4j.model.transformer.RotaryPositions;
import io.vit4j.model.transformer.SelfAttention;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.NativeMemory;
import io.vit4j.torch.Scope;
import io.vit4j.torch.SettledMemory;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.LaneGroup;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.Walk;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a family chooses of a layer's options, all ways to walk it give the same. */
class PreNormLayerTest {
    private static final int HIDDEN = 16;
    private static final int HEADS = 2;
    private static final int TOKENS = 2 + 3 * 3;
    private static final int BATCH = 3;
    private static final Initialization INIT = Initialization.normal(0.3);

    /** The kinds of layers by name. */
    static Map<String, EncoderLayerDefinition> layers() {
        return new PreNormLayerTest().layers(HIDDEN, TOKENS);
    }

    private int hidden;

    private Map<String, EncoderLayerDefinition> layers(int width, int tokens) {
        hidden = width;
        EncoderLayerDefinition plain = layer(attention(true), mlp(false, "fc1"));
        LayerScale first = new LayerScale("scale1", 0.7);
        LayerScale second = new LayerScale("scale2", 0.2);
        Map<String, EncoderLayerDefinition> layers = new LinkedHashMap<>();
        layers.put("plain", plain);
        layers.put("keys without bias", layer(attention(false), mlp(false, "fc1")));
        layers.put("scaled", plain.withScales(first, second));
        layers.put("gated by one map", layer(attention(true), mlp(true, "gate_and_up")));
        layers.put("gated by two maps", layer(attention(true), mlp(true, "gate", "up")));
        layers.put("turned", layer(attention(true).with(new Angles(hidden)), mlp(false, "fc1")));
        layers.put("biased", layer(attention(true).with(new Table(tokens)), mlp(false, "fc1")));
        layers.put("dropping", plain.withDropout(0.2).withDropPath(0.4));
        layers.put(
                "all together",
                layer(attention(false).with(new Angles(hidden)).with(new Table(tokens)), mlp(true, "gate", "up"))
                        .withScales(first, second)
                        .withDropout(0.1)
                        .withDropPath(0.3));
        return layers;
    }

    private static Stream<String> names() {
        return layers().keySet().stream();
    }

    private EncoderLayerDefinition layer(SelfAttention attention, Mlp mlp) {
        return new EncoderLayerDefinition(
                "layer.0", new LayerNorm.Named("norm1", 1e-5), attention, new LayerNorm.Named("norm2", 1e-5), mlp);
    }

    private SelfAttention attention(boolean keyBias) {
        return new SelfAttention(
                hidden,
                HEADS,
                Linear.Named.biased("query"),
                new Linear.Named("key", keyBias),
                Linear.Named.biased("value"),
                Linear.Named.biased("output"),
                INIT,
                0);
    }

    private Mlp mlp(boolean gated, String... in) {
        return new Mlp(
                hidden,
                hidden * 3 / 2,
                Stream.of(in).map(Linear.Named::biased).toList(),
                Linear.Named.biased("fc2"),
                gated ? HiddenAct.SILU : HiddenAct.GELU,
                gated,
                INIT,
                INIT,
                Optional.empty());
    }

    /** Angles that differ from patch to patch. */
    private record Angles(int hidden) implements RotaryPositions {
        @Override
        public int before() {
            return 2;
        }

        @Override
        public Tensor angles(long patches, Context context) {
            return random(patches, hidden / HEADS / 2);
        }
    }

    /** A weight for every pair of tokens. */
    private record Table(long size) implements AttentionBias {
        @Override
        public List<ParameterSpec> weights() {
            return List.of(new ParameterSpec("table", INIT, size * size, HEADS));
        }

        @Override
        public Tensor of(Function<String, Tensor> weights, long tokens) {
            return weights.apply("table").view(tokens, tokens, HEADS).permute(2, 0, 1);
        }
    }

    private static Tensor random(long... shape) {
        Tensor numbers = Tensors.empty(Dtype.FLOAT32, Device.CPU, shape);
        Tensors.fillNormal(numbers, 0, 1, Arrays.hashCode(shape));
        return numbers;
    }

    static Parameters drawn(BlockDefinition layer) {
        Parameters parameters = new Parameters(layer.weights(), Device.CPU);
        for (String name : parameters.names()) { // none where it starts: gradients at 0 and 1 show less
            try (Scope scope = new Scope()) {
                Tensors.fillNormal(
                        parameters.get(name).detach(), name.startsWith("norm") ? 1 : 0, 0.4, name.hashCode());
            }
        }
        parameters.trainable(name -> false);
        return parameters;
    }

    private static Context training(StepWeights weights) {
        return Context.training(weights, RandomKey.of(5), new long[] {4, 1, 7});
    }

    /** What comes out and all gradients, of a recorded layer. */
    private static Map<String, float[]> walked(Recorded recorded, Parameters parameters, Tensor gradient) {
        Map<String, float[]> values = new HashMap<>();
        try (recorded) {
            values.put("output", Tensors.toFloats(recorded.output()));
            values.put("input", Tensors.toFloats(recorded.backward(gradient).orElseThrow()));
            parameters.forgetGradients();
            recorded.accumulate();
        }
        parameters.names().forEach(name -> values.put(name, Tensors.toFloats(parameters.gradient(name))));
        return values;
    }

    private static void assertSame(float[] actual, float[] expected) {
        double largest = Fixture.largestDifference(expected, new float[expected.length]);
        assertThat(Fixture.largestDifference(actual, expected)).isLessThan(2e-6 * largest);
    }

    @ParameterizedTest
    @MethodSource("names")
    void theWrittenOutDerivativeIsThatOfAutograd(String name) {
        EncoderLayerDefinition layer = layers().get(name);
        try (Parameters parameters = drawn(layer);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            Tensor hidden = random(BATCH, TOKENS, HIDDEN);
            Tensor gradient = random(BATCH, TOKENS, HIDDEN).mul(hidden);
            Block block = layer.over(parameters);
            Recorded own = block.record(hidden, true, training(weights));
            assertThat(own).isNotInstanceOf(RecordedByAutograd.class);
            Map<String, float[]> written = walked(own, parameters, gradient);
            Map<String, float[]> byAutograd =
                    walked(new RecordedByAutograd(block, hidden, true, training(weights)), parameters, gradient);
            assertThat(written.keySet()).isEqualTo(byAutograd.keySet());
            written.forEach((what, values) -> {
                float[] expected = byAutograd.get(what);
                // the same number added to all keys moves nothing: what is left of that gradient is rounding
                double size = Fixture.norm(byAutograd.get(what.equals("key.bias") ? "key.weight" : what));
                assertThat(distance(values, expected)).as(what).isLessThanOrEqualTo(2e-6 * size);
            });
        }
    }

    /** Products have 8 bits of 24: what that changes is no more than in autograd's own walk. */
    @ParameterizedTest
    @MethodSource("names")
    void inBfloat16AllIsTheSameButForRounding(String name) {
        EncoderLayerDefinition layer = layers().get(name);
        try (Parameters parameters = drawn(layer);
                StepWeights exact = new StepWeights(Dtype.FLOAT32);
                StepWeights rounded = new StepWeights(Dtype.BFLOAT16);
                Scope scope = new Scope()) {
            Tensor hidden = random(BATCH, TOKENS, HIDDEN);
            Tensor gradient = random(BATCH, TOKENS, HIDDEN).mul(hidden);
            Block block = layer.over(parameters);
            Map<String, float[]> expected = walked(block.record(hidden, true, training(exact)), parameters, gradient);
            Map<String, float[]> written = walked(block.record(hidden, true, training(rounded)), parameters, gradient);
            Map<String, float[]> byAutograd =
                    walked(new RecordedByAutograd(block, hidden, true, training(rounded)), parameters, gradient);
            expected.forEach((what, values) -> {
                double size = Fixture.norm(values);
                assertThat(distance(written.get(what), values))
                        .as(what)
                        .isGreaterThan(1e-6 * size)
                        .isLessThanOrEqualTo(2 * distance(byAutograd.get(what), values) + 0.01 * size);
            });
        }
    }

    private static double distance(float[] a, float[] b) {
        float[] difference = new float[a.length];
        for (int i = 0; i < difference.length; i++) {
            difference[i] = a[i] - b[i];
        }
        return Fixture.norm(difference);
    }

    /** Hands a lane its rows of hidden states that lie there already. */
    private record Rows(BlockDefinition definition, Parameters parameters) implements Block {
        @Override
        public Tensor forward(Tensor hidden, Context context) {
            return context.sharing()
                    .map(lanes -> hidden.narrow(1, lanes.from(TOKENS), lanes.to(TOKENS) - lanes.from(TOKENS)))
                    .orElse(hidden);
        }
    }

    /** Leaves hidden states as they are. */
    private record Same(BlockDefinition definition, Parameters parameters) implements Block {
        @Override
        public Tensor forward(Tensor hidden, Context context) {
            return hidden.narrow(1, 0, 1);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void rowsThatAreNotReadMayBeLeftOutAndLanesMayShareThem(String name) {
        EncoderLayerDefinition layer = layers().get(name);
        try (Parameters parameters = drawn(layer);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Lanes side = new Lanes(3);
                Scope scope = new Scope()) {
            Tensor hidden = random(BATCH, TOKENS, HIDDEN);
            Block whole = layer.over(parameters);
            Block few = layer.reading(RowsRead.first(3)).over(parameters);
            Context context = Context.inference(weights);
            Tensor all = new Walk(List.of(whole, whole)).infer(hidden, context);
            Tensor read = new Walk(List.of(whole, few)).infer(hidden, context);
            assertThat(read.shape()).containsExactly(BATCH, 3, HIDDEN);
            assertSame(Tensors.toFloats(read), Tensors.toFloats(all.narrow(1, 0, 3)));

            LaneGroup group = new LaneGroup(3);
            float[][] shared = new float[1][];
            List<Block> blocks = List.of(new Rows(layer, parameters), whole, few, new Same(layer, parameters));
            side.run(lane -> {
                Tensor own = group.infer(lane, blocks, weights, () -> hidden);
                if (lane == 0) {
                    shared[0] = Tensors.toFloats(own);
                }
            });
            group.release();
            assertSame(shared[0], Tensors.toFloats(all.narrow(1, 0, 1)));
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void packedWeightsGiveTheSame(String name) {
        EncoderLayerDefinition layer = layers().get(name);
        try (Parameters parameters = drawn(layer);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                StepWeights packed = StepWeights.forInference(Dtype.FLOAT32, Device.CPU);
                Scope scope = new Scope()) {
            Walk walk = new Walk(List.of(layer.over(parameters)));
            Tensor hidden = random(BATCH, TOKENS, HIDDEN);
            float[] plain = Tensors.toFloats(walk.infer(hidden, Context.inference(weights)));
            for (int again = 0; again < 2; again++) {
                assertSame(Tensors.toFloats(walk.infer(hidden, Context.inference(packed))), plain);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "gated by two maps", "biased", "all together"})
    void itKeepsWhatItSays(String name) {
        assumeTrue(NativeMemory.inUse().isPresent(), "skipped: this C library does not tell what is in use");
        int width = 64;
        int tokens = 2 + 14 * 14;
        int batch = 16;
        EncoderLayerDefinition layer = layers(width, tokens).get(name);
        for (Dtype dtype : List.of(Dtype.FLOAT32, Dtype.BFLOAT16)) {
            try (Parameters parameters = drawn(layer);
                    StepWeights weights = new StepWeights(dtype);
                    Scope scope = new Scope()) {
                Block block = layer.over(parameters);
                Tensor hiddens = random(batch, tokens, width);
                Context context = Context.training(weights, RandomKey.of(5), new long[batch]);
                SettledMemory.await();
                long[] grown = new long[7]; // other threads allocate, too
                for (int i = 0; i < grown.length; i++) {
                    long before = NativeMemory.inUse().orElseThrow();
                    try (Recorded recorded = block.record(hiddens, true, context)) {
                        grown[i] = NativeMemory.inUse().orElseThrow() - before;
                    }
                }
                Arrays.sort(grown);
                // it keeps its input, which was there before, and its output, which the next layer counts as its own
                // input
                long kept = layer.cost(Shape.of(tokens, width), dtype).keptBytes();
                assertThat((double) grown[grown.length / 2])
                        .as("%s", dtype)
                        .isCloseTo((double) batch * kept, withinPercentage(5));
            }
        }
    }
}
