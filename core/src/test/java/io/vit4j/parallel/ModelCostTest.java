package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ProblemType;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.NativeMemory;
import io.vit4j.torch.Scope;
import io.vit4j.torch.SettledMemory;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelCostTest {
    private static final int BATCH = 4;

    private static final ModelDefinition CONFIG = ModelDefinition.preset("vit-tiny")
            .withImageSize(128, 128)
            .withLabels(List.of("a"), ProblemType.MULTI_LABEL);

    /** What the C library's allocator has given out more after forward than before it, the input itself not counted. */
    private static long kept(VisionModel model, BlockRange range, Dtype dtype, boolean recompute) {
        try (StepWeights weights = new StepWeights(dtype);
                Scope scope = new Scope()) {
            Walk walk = new Walk(CONFIG.over(model.parameters(), range.first(), range.end()), recompute, 0, true, true);
            Tensor hidden = Tensors.zeros(
                    Dtype.FLOAT32, Device.CPU, CONFIG.shapes().get(1).batch(BATCH));
            SettledMemory.await();
            long[] grown = new long[7];
            // the first time the weights' copies are built and libraries settle
            for (int i = 0; i < grown.length; i++) {
                long before = NativeMemory.inUse().orElseThrow();
                try (Walk.Tape tape =
                        walk.forward(hidden, Context.training(weights, RandomKey.of(1), new long[BATCH]))) {
                    tape.outputTaken();
                    grown[i] = NativeMemory.inUse().orElseThrow() - before;
                }
            }
            Arrays.sort(grown);
            return grown[grown.length / 2]; // what other tests have left may be freed meanwhile
        }
    }

    @ParameterizedTest
    @CsvSource({"FLOAT32,false", "BFLOAT16,false", "FLOAT32,true", "BFLOAT16,true"})
    void layersKeepWhatIsPredictedOfThem(Dtype dtype, boolean recompute) {
        assumeTrue(NativeMemory.inUse().isPresent(), "skipped: this C library does not tell what is in use");
        BlockRange layers = new BlockRange(1, 7);
        ModelCost cost = new ModelCost(CONFIG, dtype);
        try (VisionModel model = VisionModel.fromScratch(CONFIG, Device.CPU, 1)) {
            model.parameters().trainable(name -> false);
            long stage = BATCH * cost.inputBytes(1); // the first layer's input is there anyway
            double predicted = cost.keptBytes(layers, recompute, BATCH, 0) - stage;
            // without recomputation the last layer holds on to its output as well
            double actual = kept(model, layers, dtype, recompute) - (recompute ? 0 : stage);
            assertThat(actual).isCloseTo(predicted, Percentage.withPercentage(3));
        }
    }
}
