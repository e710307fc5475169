package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.Shared;
import io.vit4j.base.InputException;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Int8Linear;
import io.vit4j.torch.Int8Weights;
import io.vit4j.torch.LinearMap;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.LaneGroup;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.Walk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family at work in int8, beside float32. */
class Int8ModelsTest {
    /** Walks with random errors, of which the deviation is taken. */
    private static final int WALKS = 24;

    /** No sum of independent errors is expected outside so many deviations. */
    private static final double DEVIATIONS = 6;

    @BeforeAll
    static void needsTheKernels() {
        try {
            Int8Linear.requireSupported(Device.CPU);
        } catch (InputException e) {
            assumeTrue(false, e.getMessage());
        }
    }

    /** The small models in the repository, of transformers and timm. */
    private static Stream<Path> models() {
        Path fixtures = Shared.model("vit-micro").getParent();
        return Stream.concat(
                Stream.of(fixtures.resolve("vit-micro"), fixtures.resolve("vit-micro-nobias-tanh")),
                Stream.of("families", "timm").flatMap(kind -> folders(fixtures.resolve(kind))));
    }

    /** A ViT, one with biases of positions, a network with windows, and one with convolutions. */
    private static Stream<Path> few() {
        return models().filter(folder ->
                Stream.of("vit-micro", "beit", "swinv2", "convnext").anyMatch(folder::endsWith));
    }

    private static Stream<Path> folders(Path of) {
        try (Stream<Path> all = Files.list(of)) {
            return all
                    .filter(folder -> Files.exists(folder.resolve("checkpoint/config.json"))
                            && !folder.endsWith("vit_mae")) // which predicts pixels
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A float32 map whose factors are off as rounding would have them be: each by up to half its step, independently, the weights always
     * by the same.
     */
    private static final class OffByHalfAStep implements LinearMap {
        private final Tensor weight;
        private long seed;

        OffByHalfAStep(Tensor matrix, long seed) {
            this.seed = seed;
            try (Scope scope = new Scope()) {
                Tensor steps = Int8Weights.of(matrix, Int8Weights.LARGEST).scales();
                weight = scope.own(torch.add(matrix, torch.mul(uniform(seed, matrix.shape()), steps.unsqueeze(1))));
            }
        }

        @Override
        public Tensor forward(Tensor x, Optional<Tensor> bias) {
            seed += 1_000_003;
            Tensor range = torch.sub(x.amax(new long[] {-1}, true), x.amin(new long[] {-1}, true));
            Tensor off = torch.mul(uniform(seed, x.shape()), range.div(new Scalar(255.0)));
            return torch.linear(
                    torch.add(x, off), weight, bias.map(TensorOptional::new).orElseGet(TensorOptional::new));
        }

        private static Tensor uniform(long seed, long... shape) {
            Tensor numbers = Tensors.empty(Dtype.FLOAT32, Device.CPU, shape);
            Tensors.fillUniform(numbers, -0.5, 0.5, seed);
            return numbers;
        }

        @Override
        public void close() {
            weight.close();
        }
    }

    @ParameterizedTest
    @MethodSource("few")
    void logitsAreAsFarFromFloat32AsRoundingTakesThem(Path folder) {
        assertRounded(folder);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @MethodSource("models")
    void soAreThoseOfEveryFamily(Path folder) {
        assertRounded(folder);
    }

    private static void assertRounded(Path folder) {
        try (Fixture fixture = new Fixture(folder)) {
            float[] exact = logits(fixture, new StepWeights(Dtype.FLOAT32));
            double[] squares = new double[exact.length];
            for (int walk = 1; walk <= WALKS; walk++) {
                long seed = walk * 7919L;
                float[] off = logits(fixture, inFloat32(matrix -> new OffByHalfAStep(matrix, seed + matrix.numel())));
                for (int i = 0; i < off.length; i++) {
                    squares[i] += Math.pow(off[i] - exact[i], 2) / WALKS;
                }
            }
            float[] rounded = logits(fixture, inFloat32(Int8Linear::of));
            assertThat(rounded).isNotEqualTo(exact);
            for (int i = 0; i < exact.length; i++) {
                double deviation = Math.sqrt(squares[i]);
                assertThat(Math.abs(rounded[i] - exact[i]))
                        .as("logit %d of %s, where errors deviate by %g", i, Arrays.toString(exact), deviation)
                        .isLessThan((float) (DEVIATIONS * deviation));
            }
        }
    }

    private static StepWeights inFloat32(Function<Tensor, LinearMap> map) {
        return StepWeights.quantized(new StepWeights.Quantization(map, Dtype.FLOAT32), Device.CPU);
    }

    private static float[] logits(Fixture fixture, StepWeights weights) {
        try (weights;
                Scope scope = new Scope()) {
            return Tensors.toFloats(new Walk(fixture.blocks).infer(pixels(fixture), Context.inference(weights)));
        }
    }

    private static Tensor pixels(Fixture fixture) {
        return Tensors.of(
                fixture.floats("pixel_values"), fixture.stored("pixel_values").shape());
    }

    @ParameterizedTest
    @MethodSource("few")
    void aPictureHasTheSameLogitsInAnyBatchAndOnAnyLanes(Path folder) {
        assertSameBits(folder);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @MethodSource("models")
    void soItHasOfEveryFamily(Path folder) {
        assertSameBits(folder);
    }

    /** Unless float32, of which patches and the head are made, has not the same bits either. */
    private static void assertSameBits(Path folder) {
        try (Fixture fixture = new Fixture(folder);
                StepWeights plain = new StepWeights(Dtype.FLOAT32);
                StepWeights weights = StepWeights.forInference(Dtype.INT8, Device.CPU);
                Scope scope = new Scope()) {
            List<String> different = inPartsAndOnLanes(fixture, weights);
            assumeTrue(
                    different.isEmpty() || inPartsAndOnLanes(fixture, plain).isEmpty(),
                    "skipped: this processor's float32 products of a few rows depend on their number");
            assertThat(different).isEmpty();
        }
    }

    /** {@return where the logits are not those of all pictures at once} */
    private static List<String> inPartsAndOnLanes(Fixture fixture, StepWeights weights) {
        List<String> different = new ArrayList<>();
        Tensor pixels = pixels(fixture);
        Walk walk = new Walk(fixture.blocks);
        float[] together = Tensors.toFloats(walk.infer(pixels, Context.inference(weights)));
        int each = together.length / (int) pixels.size(0);
        for (int cut = 1; cut < pixels.size(0); cut++) {
            for (int from = 0; from < pixels.size(0); from += cut) {
                int count = (int) Math.min(cut, pixels.size(0) - from);
                float[] part = Tensors.toFloats(walk.infer(pixels.narrow(0, from, count), Context.inference(weights)));
                if (!Arrays.equals(part, Arrays.copyOfRange(together, from * each, (from + count) * each))) {
                    different.add("pictures from " + from + " in parts of " + cut);
                }
            }
        }
        int most = (int) Math.min(3, fixture.definition.sharingLanes());
        for (int lanes = 2; lanes <= most; lanes++) {
            if (!Arrays.equals(shared(fixture, weights, pixels, lanes), together)) {
                different.add(lanes + " lanes");
            }
        }
        return different;
    }

    private static float[] shared(Fixture fixture, StepWeights weights, Tensor pixels, int lanes) {
        LaneGroup group = new LaneGroup(lanes);
        float[][] logits = new float[1][];
        List<Block> blocks = fixture.blocks;
        try (Lanes side = new Lanes(lanes)) {
            side.run(lane -> {
                Tensor own = group.infer(lane, blocks, weights, () -> pixels);
                if (lane == 0) {
                    logits[0] = Tensors.toFloats(own);
                }
            });
        } finally {
            group.release();
        }
        return logits[0];
    }
}
