package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.InputException;
import io.vit4j.base.MemoryRoom;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SelfDistillation;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import io.vit4j.train.arguments.OptimizerArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.engine.MemoryNeed;
import io.vit4j.walk.BinaryCrossEntropy;
import io.vit4j.walk.Objective;
import io.vit4j.walk.TargetTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory that a run needs is looked at before it begins, and what is missing later is a line. */
class MemoryNeedTest {
    private static final long GIB = 1L << 30;
    private static final long BASE_WEIGHTS = 85_800_000;

    @TempDir
    Path folder;

    private static MemoryNeed base(int microBatch, boolean recompute) {
        return base(microBatch, 4, recompute);
    }

    private static MemoryNeed base(int microBatch, int chunkSize, boolean recompute) {
        return new MemoryNeed(
                ModelDefinition.preset("vit-base"),
                Dtype.FLOAT32,
                BASE_WEIGHTS,
                2 * BASE_WEIGHTS,
                2,
                chunkSize,
                recompute,
                0,
                microBatch,
                0,
                2);
    }

    private static double gib(MemoryNeed need) {
        return (double) need.training() / GIB;
    }

    private static MemoryRoom room(double gib) {
        return new MemoryRoom((long) (gib * GIB), "of a test's machine");
    }

    @Test
    void adamWKeepsThreeNumbersAWeightHoweverManyTheLanes() {
        MemoryNeed need = base(32, false);
        assertThat(need.gradients() + need.optimizer()).isEqualTo(3 * 4 * BASE_WEIGHTS);
        assertThat(need.copy()).isEqualTo(3 * 4 * BASE_WEIGHTS);
        // four pictures a lane, of about 70 MB each in ViT-B's twelve layers
        assertThat(need.walks()).isBetween(GIB / 2, 2 * GIB);
        // of eleven layers, 9 of the 10 rows a token that are kept, but for the layer that is recomputed
        long row = 4L * 197 * 768;
        assertThat(need.walks() - base(32, true).walks()).isBetween(2 * 4 * 85 * row, 2 * 4 * 95 * row);
        assertThat(need.batches()).isEqualTo(4L * 3 * 224 * 224 * 32 * 4);
    }

    @Test
    void whatDoesNotFitIsRefusedWithWhatWould() {
        MemoryNeed need = base(256, false);
        double all = gib(need);
        assertThat(need.check(room(all + 1.1))).isTrue();
        assertThat(need.check(room(all + 0.1))).isFalse(); // no room for the copy of the state: saved in the foreground
        assertThatThrownBy(() -> need.check(room(all - 0.1)))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("training needs about", "of a test's machine are left")
                .hasMessageContaining("what would fit: --walk-micro-batch 1 (about");
        double smallChunks = gib(base(256, 1, false));
        double smallBatches = gib(base(2, 1, false));
        assertThatThrownBy(() -> need.check(room((smallChunks + smallBatches) / 2)))
                .hasMessageContaining("what would fit: --per-device-train-batch-size 2 with");
        double recomputed = gib(base(2, 1, true));
        assertThatThrownBy(() -> need.check(room((smallBatches + recomputed) / 2)))
                .hasMessageContaining("what would fit: --gradient-checkpointing true --per-device-train-batch-size 2");
        assertThatThrownBy(() -> need.check(room(0.5))).hasMessageContaining("use a smaller model, or more memory");
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource({"FLOAT32, true", "FLOAT32, false"})
    void soItDoesOfAWiderModel(Dtype dtype, boolean recompute) throws Exception {
        theEstimateHoldsForARealRun(dtype, recompute);
    }

    /** Forward, backward, step, checkpoint in a process of their own: Linux says what that took. */
    @ParameterizedTest
    @CsvSource("BFLOAT16, false")
    void theEstimateHoldsForARealRun(Dtype dtype, boolean recompute) throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/status")), "skipped: this system does not say what a process has");
        MeasuredRun.Measured run = MeasuredRun.of(folder.resolve("run"), dtype, recompute);
        double fixed = MemoryNeed.BESIDES; // for a command with its reports; this is less than one
        assertThat((double) run.taken()).as("%s", run).isLessThan(1.05 * run.estimated());
        assertThat((double) run.taken()).as("%s", run).isGreaterThan(0.75 * (run.estimated() - fixed));
    }

    @Test
    void aRunThatCannotFitIsNotBegun() {
        TinyRun run = new TinyRun(folder.resolve("small")).memory(32 << 20);
        assertThatThrownBy(run::run)
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("32 MiB of a test's machine are left", "use a smaller model");
        assertThat(folder.resolve("small")).doesNotExist();
    }

    @Test
    void withoutRoomForTheCopyARunSavesInTheForegroundAndEndsTheSame() {
        List<Boolean> there = new ArrayList<>();
        Path output = folder.resolve("foreground");
        MemoryNeed tight = tiny();
        TinyRun run = new TinyRun(output).memory(tight.training()).callback(new TrainerCallback() {
            @Override
            public void onSave(TrainerState state, Path checkpoint) {
                there.add(checkpoint.endsWith("checkpoint-" + state.globalStep()));
            }
        });
        TinyRun.Result result = run.run();
        assertThat(there).hasSize(5).containsOnly(true); // each told at the very step it is of
        assertThat(result.weights())
                .isEqualTo(new TinyRun(folder.resolve("background")).run().weights());
    }

    /** Of {@link TinyRun}. */
    private static MemoryNeed tiny() {
        long weights = TinyRun.CONFIG.weights().stream()
                .mapToLong(spec -> spec.count())
                .sum();
        int chunkSize = io.vit4j.walk.BatchChunk.size(TinyRun.CONFIG, Dtype.FLOAT32, io.vit4j.TestDevice.here());
        return new MemoryNeed(TinyRun.CONFIG, Dtype.FLOAT32, weights, 2 * weights, 2, chunkSize, false, 0, 4, 8, 4);
    }

    /** Asks for more memory than any machine's addresses reach: libtorch says no, as it does where a machine is full. */
    @Test
    void anAllocationThatFailsWhileTrainingIsALine() {
        Objective greedy = new Objective() {
            @Override
            public ProblemType problemType() {
                return ProblemType.MULTI_LABEL;
            }

            @Override
            public Tensor sum(Tensor logits, TargetTensors targets) {
                return Tensors.zeros(Dtype.FLOAT32, Device.CPU, 1L << 46);
            }

            @Override
            public Targets targets(float[] labels, int samples, int outputs) {
                return new BinaryCrossEntropy().targets(labels, samples, outputs);
            }
        };
        TinyRun run = new TinyRun(folder.resolve("greedy")).objective(greedy);
        assertThatThrownBy(run::run)
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("out of memory", "were requested at once", "--gradient-checkpointing true");
    }

    /** The system's own no, in the midst of a step, to whoever asks for more addresses than the process may have. */
    @Test
    void memoryThatTheSystemRefusesIsALine() throws Exception {
        assumeTrue(Files.isExecutable(RunInProcess.PRLIMIT), "skipped: no prlimit here");
        RunInProcess.End end = MeasuredRun.outOfMemory(folder.resolve("run"));
        assertThat(end.code()).as(end.said()).isEqualTo(2);
        assertThat(end.said().lines().filter(line -> line.startsWith("refused: ")))
                .singleElement()
                .asString()
                .containsPattern("out of memory \\(\\d+ bytes were requested at once\\); lower --per-device-train");
    }

    @Test
    void thisMachineSaysHowMuchThereIs() {
        Optional<MemoryRoom> here = MemoryRoom.here();
        if (System.getProperty("os.name").equals("Linux")) {
            assertThat(here.orElseThrow().bytes()).isBetween(1L << 20, 1L << 50);
        }
    }

    /** By hand: Adam's two buffers and the teacher, all of a step's batches, and what the teacher says of them. */
    @Test
    void selfDistillationNeedsItsTeacherAndAllOfAStepsBatches() {
        ModelDefinition distilled =
                SelfDistillation.DEFAULTS.withHead(1000, 64, 32).around(ModelDefinition.preset("vit-tiny"));
        TrainingArguments arguments =
                TrainingArguments.builder().outputDir(folder).build();
        long trained = distilled.weights().stream()
                .filter(spec -> distilled.trains(spec.name()))
                .mapToLong(spec -> spec.count())
                .sum();
        assertThat(OptimizerArguments.stateNumbers(arguments, distilled, distilled::trains))
                .isEqualTo(3 * trained);
        MemoryNeed need = new MemoryNeed(distilled, Dtype.FLOAT32, trained, 3 * trained, 1, 1, false, 0, 4, 0, 1, 8);
        long views = 3L * (2 * 224 * 224 + 8 * 96 * 96);
        assertThat(need.batches()).isEqualTo(4 * (views * 4 * (1 + 1 + 8) + 2 * 1000 * 3 * 4 * 8));
    }
}
