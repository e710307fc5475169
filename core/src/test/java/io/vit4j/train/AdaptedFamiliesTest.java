package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.LoraConfig;
import io.vit4j.model.LowRank;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.MicroBatchStep;
import io.vit4j.walk.Objective;
import io.vit4j.walk.TargetTensors;
import io.vit4j.walk.Walk;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family's linear maps can be adapted. */
class AdaptedFamiliesTest {
    /** Of the adapters. At 0.2 some families are so steep that rounding alone reaches the bound, with one library of products or another. */
    private static final double DEVIATION = 0.1;

    private static void fill(Tensor tensor, double deviation, long seed) {
        Tensors.fillNormal(tensor.detach(), 0, deviation, seed);
    }

    /** The loss of two pictures, and gradients of what is trained. */
    private static double walk(VisionModel model, int firstTrained) {
        try (Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            Tensor pixels = Tensors.empty(Dtype.FLOAT32, Device.CPU, 2, 3, 16, 16);
            fill(pixels, 1, 3);
            Objective objective = Objective.of(ProblemType.MULTI_LABEL);
            Targets targets = objective.targets(new float[] {1, 0, 1, 0, 0, 1}, 2, 3);
            return MicroBatchStep.run(
                    new Walk(model.blocks(), false, firstTrained, false),
                    objective,
                    pixels,
                    TargetTensors.of(targets, Device.CPU),
                    1,
                    Context.inference(weights), // nothing is dropped
                    MicroBatchStep.SILENT);
        }
    }

    /**
     * With W' = W + s B A, whose gradient G is that of the merged model, those of B and A are s G A' and s B' G.
     */
    @ParameterizedTest
    @MethodSource("io.vit4j.train.FamilyTrainingTest#families")
    void gradientsOfAdaptersFollowFromThoseOfTheMergedMatrix(SmallFamily family) {
        ModelDefinition plain = family.definition();
        ModelDefinition adapted = plain.withAdapter(LoraConfig.ofRank(2).withAlpha(3));
        try (VisionModel model = VisionModel.fromScratch(adapted, Device.CPU, 7);
                VisionModel merged = VisionModel.fromScratch(plain, Device.CPU, 7);
                Scope scope = new Scope()) {
            Parameters own = model.parameters();
            for (String module : adapted.adaptedModules()) {
                Tensor down = own.get(module + ".lora_A.weight").detach();
                Tensor up = own.get(module + ".lora_B.weight").detach();
                fill(down, DEVIATION, module.hashCode());
                fill(up, DEVIATION, module.hashCode() + 1);
                Tensor matrix = merged.parameters().get(module + ".weight").detach();
                matrix.add_(torch.mm(up, down), new Scalar(scale(adapted, module)));
            }
            own.trainable(name -> !adapted.trains(name));
            merged.parameters().trainable(name -> false);
            int first = (int) IntStream.range(0, adapted.blockCount())
                    .takeWhile(block -> adapted.weights(block, block + 1).stream()
                            .noneMatch(weight -> adapted.trains(weight.name())))
                    .count();
            assertThat(first).as("nothing below the first layer is adapted").isEqualTo(1);
            double loss = walk(merged, 0);
            assertThat(Math.abs(walk(model, first) - loss)).isLessThan(1e-5 * loss);
            for (String module : adapted.adaptedModules()) {
                Tensor gradient =
                        merged.parameters().gradient(module + ".weight").mul(new Scalar(scale(adapted, module)));
                Tensor down = own.get(module + ".lora_A.weight").detach();
                Tensor up = own.get(module + ".lora_B.weight").detach();
                assertSame(own, module + ".lora_B.weight", torch.mm(gradient, down.t()));
                assertSame(own, module + ".lora_A.weight", torch.mm(up.t(), gradient));
            }
            for (String name : plain.newWeights()) {
                assertSame(own, name, merged.parameters().gradient(name));
            }
        }
    }

    private static double scale(ModelDefinition model, String module) {
        return ((LowRank.Settings) model.weight(module + ".lora_A.weight").role()).scale();
    }

    private static void assertSame(Parameters parameters, String name, Tensor expected) {
        float[] values = Tensors.toFloats(expected.contiguous());
        float[] actual = Tensors.toFloats(parameters.gradient(name));
        assertThat(Fixture.largestDifference(actual, values))
                .as("%s, as %s", name, Arrays.toString(Arrays.copyOf(values, 2)))
                .isLessThanOrEqualTo(2e-5 * Fixture.norm(values) + 1e-7);
    }
}
