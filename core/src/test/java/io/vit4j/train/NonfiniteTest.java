package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.data.Targets;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.walk.BinaryCrossEntropy;
import io.vit4j.walk.Objective;
import io.vit4j.walk.TargetTensors;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A loss or a gradient that is not a number is never learned from, and the pictures it came from are named. */
class NonfiniteTest {
    private static final Map<String, String> PLAIN = Map.of(
            "eval_strategy", "no",
            "load_best_model_at_end", "false",
            "train_sampling_strategy", "sequential",
            "gradient_accumulation_steps", "1",
            "num_train_epochs", "1");

    @TempDir
    Path folder;

    /** The fifth picture's labels are infinite, so that its loss is. */
    private static Dataset withABadOne() {
        Dataset good = TinyRun.pictures(12, 1);
        return new Dataset() {
            @Override
            public int size() {
                return good.size();
            }

            @Override
            public Sample get(int index) {
                Sample sample = good.get(index);
                float infinity = Float.POSITIVE_INFINITY;
                return index == 4
                        ? new Sample("bad.png", sample.picture(), new float[] {infinity, infinity, infinity})
                        : sample;
            }
        };
    }

    private TinyRun run(String name) {
        return new TinyRun(folder.resolve(name)).with(PLAIN).training(withABadOne());
    }

    @Test
    void aRunStopsAndNamesThePicturesOfTheStep() {
        assertThatThrownBy(run("stops").with("on_nonfinite", "stop")::run)
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("step 2", "not finite", "bad.png", "picture-5.png", "picture-7.png")
                .hasMessageContaining("--on-nonfinite skip")
                .hasMessageNotContaining("picture-3.png")
                .hasMessageNotContaining("picture-8.png");
    }

    @Test
    void aSkippedStepLeavesTheWeightsAsTheyWere() {
        Map<String, String> skip = Map.of("on_nonfinite", "skip", "lr_scheduler_type", "constant");
        TinyRun.Result one = run("one").with(skip).with("max_steps", "1").run();
        TinyRun.Result two = run("two").with(skip).with("max_steps", "2").run();
        TinyRun.Result three = run("three").with(skip).with("max_steps", "3").run();
        assertThat(two.lastStep()).isEqualTo(2);
        assertThat(two.weights()).isEqualTo(one.weights());
        assertThat(three.weights()).isNotEqualTo(two.weights());
    }

    @Test
    void aRunWithASkippedStepIsResumedToTheBit() {
        Map<String, String> skip = Map.of("on_nonfinite", "skip", "save_steps", "2", "num_train_epochs", "2");
        TinyRun.Result undisturbed = run("undisturbed").with(skip).run();
        TinyRun disturbed = run("disturbed").with(skip);
        disturbed.callback(new TrainerCallback() {
            @Override
            public void onStepEnd(TrainerState state, TrainerControl control) {
                assertThat(state.skippedSteps()).isEqualTo(state.globalStep() < 2 ? 0 : 1);
                if (state.globalStep() == 3) {
                    disturbed.interrupt();
                }
            }
        });
        assertThat(disturbed.run().interrupted()).isTrue();
        TinyRun.Result resumed = disturbed.callback(new TrainerCallback() {}).resume();
        assertThat(resumed.logs()).isEqualTo(undisturbed.logs());
        assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
    }

    /** The loss is a number, and its gradient is not: the root of zero. */
    @Test
    void aGradientThatIsNotANumberCountsAsMuchAsALoss() {
        Objective root = new Objective() {
            @Override
            public ProblemType problemType() {
                return ProblemType.MULTI_LABEL;
            }

            @Override
            public Tensor sum(Tensor logits, TargetTensors targets) {
                return logits.mul(new Scalar(0.0)).sqrt().sum();
            }

            @Override
            public Targets targets(float[] labels, int samples, int outputs) {
                return new BinaryCrossEntropy().targets(labels, samples, outputs);
            }
        };
        assertThatThrownBy(new TinyRun(folder.resolve("gradient")).with(PLAIN).objective(root)::run)
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("step 1: loss 0.0, gradient norm NaN is not finite", "picture-0.png");
    }
}
