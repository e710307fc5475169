package io.vit4j.walk;

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
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class RecomputationTest {
    private static final int BATCH = 2;

    /** The most that the C library gave out between forward and the end of backward, above what was in use before. */
    private static long peak(boolean recompute) {
        ModelDefinition config = ModelDefinition.preset("vit-tiny").withLabels(List.of("a"), ProblemType.MULTI_LABEL);
        try (VisionModel model = VisionModel.fromScratch(config, Device.CPU, 1);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            model.parameters().trainable(name -> false);
            Walk walk = new Walk(model.blocks(), recompute, 0, false);
            Tensor pixels = Tensors.zeros(Dtype.FLOAT32, Device.CPU, BATCH, 3, 224, 224);
            long[] most = new long[1];
            long above = 0;
            for (int i = 0; i < 3; i++) {
                SettledMemory.await();
                long before = NativeMemory.inUse().orElseThrow();
                most[0] = 0;
                try (Walk.Tape tape =
                        walk.forward(pixels, Context.training(weights, RandomKey.of(1), new long[BATCH]))) {
                    most[0] = NativeMemory.inUse().orElseThrow();
                    Tensor gradient = Tensors.zeros(Dtype.FLOAT32, Device.CPU, BATCH, 1);
                    tape.backward(
                            gradient,
                            GradientOrder.ANY,
                            block -> most[0] =
                                    Math.max(most[0], NativeMemory.inUse().orElseThrow()));
                }
                if (i > 0) { // the first time the weights are built and caches are filled
                    above = Math.max(above, most[0] - before); // less if something of other tests is freed meanwhile
                }
            }
            return above;
        }
    }

    @Test
    void recomputationCutsActivationMemoryBy70PercentOrMore() {
        assumeTrue(NativeMemory.inUse().isPresent(), "skipped: this C library does not tell what is in use");
        long kept = peak(false);
        long recomputed = peak(true);
        assertThat(kept).as("activations of 12 layers").isGreaterThan(BATCH * (15L << 20));
        assertThat((double) recomputed / kept).isLessThan(0.3);
    }
}
