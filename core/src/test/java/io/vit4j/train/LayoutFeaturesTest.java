package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.data.ImageTransform;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.torch.Device;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.LogEntry;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.engine.Engine;
import io.vit4j.train.optimizer.AdamW;
import io.vit4j.train.optimizer.HostOptimizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run can be asked for means the same in a layout of several ranks. */
@Timeout(300)
class LayoutFeaturesTest {
    private static final String TWO_BY_TWO =
            "layers_per_ipu=[2 2],replication_factor=2,gradient_accumulation_steps=2,replicated_tensor_sharding=true";

    @TempDir
    Path folder;

    private int runs;

    private RankedRun run(Map<String, String> arguments) {
        RankedRun run = new RankedRun(folder.resolve("run-" + runs++));
        arguments.forEach(run::with);
        return run;
    }

    private RankedRun laidOut(Map<String, String> arguments) {
        return run(arguments).with("per_device_train_batch_size", "2").layout(4, TWO_BY_TWO);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @ValueSource(strings = {"sgd", "rmsprop"})
    void soDoOptimizersWithOneBuffer(String optim) {
        everyOptimizerSharesItsStateOut(optim);
    }

    @ParameterizedTest
    @ValueSource(strings = "lamb")
    void everyOptimizerSharesItsStateOut(String optim) {
        Map<String, String> arguments = new HashMap<>(Map.of("optim", optim, "learning_rate", "1e-3"));
        if (optim.equals("sgd")) {
            arguments.put("optim_args", "momentum=0.9");
        }
        LayoutsTest.assertSame(laidOut(arguments).run(), run(arguments).run());
    }

    @Test
    void aRankOfSeveralLanesGivesTheSame() {
        RankedRun.Result single = run(Map.of()).run();
        RankedRun.Result lanes = run(Map.of(
                        "threads", "2", "walk_micro_batch", "1", "per_device_train_batch_size", "4"))
                .layout(2, "layers_per_ipu=[3 1],gradient_accumulation_steps=2")
                .run();
        LayoutsTest.assertSame(lanes, single);
        RankedRun.Result replicas = run(Map.of("threads", "3", "per_device_train_batch_size", "4"))
                .layout(2, "replication_factor=2,replicated_tensor_sharding=true")
                .run();
        LayoutsTest.assertSame(replicas, single);
    }

    @Test
    void aFrozenBackboneIsLeftAsItIs() {
        Map<String, String> arguments = Map.of("freeze_backbone", "true", "eval_strategy", "no");
        RankedRun.Result single = run(arguments).run();
        LayoutsTest.assertSame(laidOut(arguments).run(), single);
        LayoutsTest.assertSame(
                run(arguments)
                        .with("per_device_train_batch_size", "4")
                        .layout(4, "layers_per_ipu=[2 1 1 0],gradient_accumulation_steps=2")
                        .run(),
                single);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource("query,all,2")
    void soTheyAreOverFrozenLayers(String modules, String bias, String frozenLayers) {
        adaptersAreTrainedAlike(modules, bias, frozenLayers);
    }

    /** With all else that chance and depth have a hand in: only adapters, some biases and the classifier are sent and kept. */
    @ParameterizedTest
    @CsvSource("all-linear,lora_only,0")
    void adaptersAreTrainedAlike(String modules, String bias, String frozenLayers) {
        Map<String, String> arguments = new HashMap<>(Map.of(
                "lora_rank", "2",
                "lora_dropout", "0.2",
                "lora_rank_pattern", "value=3",
                "lora_target_modules", modules,
                "lora_bias", bias,
                "freeze_layers", frozenLayers,
                "drop_path", "0.1",
                "layer_decay", "0.8",
                "weight_decay", "0.1"));
        RankedRun.Result single = run(arguments).run();
        assertThat(single.weights()).containsKey("base_model.model.classifier.bias");
        LayoutsTest.assertSame(laidOut(arguments).run(), single);
        LayoutsTest.assertSame(
                run(arguments)
                        .with("gradient_checkpointing", "true")
                        .with("threads", "2")
                        .with("walk_micro_batch", "1")
                        .run(),
                single);
    }

    @ParameterizedTest
    @CsvSource({"bitfit,true", "freeze_layers,2"})
    void frozenWeightsAreLeftAsTheyAre(String argument, String value) {
        Map<String, String> arguments = Map.of(argument, value, "eval_strategy", "no");
        LayoutsTest.assertSame(laidOut(arguments).run(), run(arguments).run());
    }

    @ParameterizedTest
    @CsvSource({"bfloat16,0.02", "float16,0.005"})
    void shortNumbersGiveNearlyTheSame(String dtype, double bound) {
        RankedRun.Result single = run(Map.of("dtype", dtype)).run();
        RankedRun.Result laidOut = laidOut(Map.of("dtype", dtype)).run();
        for (int step = 0; step < single.losses().size(); step++) {
            double loss = single.losses().get(step);
            assertThat(laidOut.losses().get(step)).isCloseTo(loss, within(bound * loss));
        }
    }

    /** At 2^40 the first gradients overflow on every rank or on none: all skip the step, halve the scale and go on. */
    @Test
    void anOverflowOnOneRankIsSkippedByAll() {
        Map<String, String> arguments = Map.of(
                "dtype", "float16", "loss_scaling", "1099511627776", "auto_loss_scaling", "true", "max_steps", "40");
        Map<Integer, Long> skipped = new ConcurrentHashMap<>();
        RankedRun.Result single = run(arguments)
                .whileOpen(trainer -> skipped.put(-1, trainer.state().skippedSteps()))
                .run();
        RankedRun.Result laidOut = laidOut(arguments)
                .whileOpen(
                        trainer -> skipped.put(trainer.rank(), trainer.state().skippedSteps()))
                .run();
        assertThat(skipped.get(-1)).isBetween(5L, 35L);
        assertThat(new TreeSet<>(skipped.values())).as("%s", skipped).hasSize(1);
        assertThat(laidOut.losses().get(39)).isCloseTo(single.losses().get(39), within(0.01));
    }

    /** Every step is counted and logged about; callbacks are told every third, and at an epoch's and the run's end. */
    @Test
    void deviceIterationsAreStepsBetweenReturnsToCallbacks() {
        List<Long> told = Collections.synchronizedList(new ArrayList<>());
        RankedRun.Result result = run(Map.of(
                        "logging_steps", "2", "max_steps", "10", "per_device_train_batch_size", "4"))
                .layout(2, "layers_per_ipu=[2 2],gradient_accumulation_steps=2,device_iterations=3")
                .callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, TrainerControl control) {
                        told.add(state.globalStep());
                    }
                })
                .run();
        assertThat(told).containsExactly(3L, 6L, 9L, 10L); // 44 pictures in batches of 8: an epoch ends with step 6
        List<Long> logged = TrainerState.read(folder.resolve("run-0").resolve(TrainerState.FILE)).logHistory().stream()
                .filter(entry -> entry.has("loss"))
                .map(LogEntry::step)
                .toList();
        assertThat(logged).containsExactly(3L, 6L, 9L, 10L);
        assertThat(result.losses()).hasSize(4);
    }

    @Test
    void oneRanksInterruptEndsAllAfterTheSameStepWithACheckpoint() {
        Map<Integer, Long> steps = new ConcurrentHashMap<>();
        Map<Integer, Boolean> interrupted = new ConcurrentHashMap<>();
        RankedRun run = run(Map.of("max_steps", "1000"))
                .with("per_device_train_batch_size", "4")
                .layout(2, "replication_factor=2")
                .beforeTraining(trainer -> {
                    if (trainer.rank() == 1) {
                        trainer.interrupt();
                    }
                })
                .whileOpen(trainer -> {
                    steps.put(trainer.rank(), trainer.state().globalStep());
                    interrupted.put(trainer.rank(), trainer.wasInterrupted());
                });
        run.run();
        assertThat(steps).containsEntry(0, 1L).containsEntry(1, 1L);
        assertThat(interrupted.values()).containsOnly(true);
        assertThat(Checkpoint.newestWhole(folder.resolve("run-0")).orElseThrow().step())
                .isEqualTo(1);
    }

    @Test
    void stateOnTheHostIsSteppedAsStateOnTheDevice() {
        RankedRun.Result there = run(Map.of()).run();
        RankedRun.Result offloaded = laidOut(Map.of())
                .optimizer(HostOptimizer.of(weights -> new AdamW(weights, AdamW.Settings.DEFAULTS)))
                .run();
        LayoutsTest.assertSame(offloaded, there);
    }

    /** Four ranks as two inference replicas of two stages: every picture once and in order, an odd one at the end too. */
    @Test
    void evaluationAloneRunsTheInferenceLayout() {
        List<Engine.PredictionOutput> predicted = new ArrayList<>();
        for (int ranks : new int[] {1, 4}) {
            predicted.add(RankThreads.run(ranks, self -> {
                        TrainingArguments arguments = TrainingArguments.builder()
                                .set(Map.of("dtype", "float32", "threads", "1", "per_device_eval_batch_size", "3"))
                                .build();
                        try (VisionModel model = VisionModel.fromScratch(RankedRun.config(0), Device.CPU, 7)) {
                            TrainerBuilder builder = Trainer.builder(model, arguments)
                                    .evalDataset(TinyRun.pictures(13, 2))
                                    .transforms(ImageTransform.none(), ImageTransform.none());
                            if (ranks > 1) {
                                builder.rank(self.orElseThrow())
                                        .parallel(
                                                ParallelConfig.of(
                                                        ParallelArguments.options(arguments)
                                                                .withOverrides(
                                                                        "inference_layers_per_ipu=[3 1],inference_replication_factor=2")));
                            }
                            try (Trainer trainer = builder.build()) {
                                Engine.PredictionOutput all = trainer.predict(TinyRun.pictures(13, 2));
                                assertThat(model.parameters().gradients().numel())
                                        .as("room for gradients that nobody computes")
                                        .isZero();
                                return all;
                            }
                        }
                    })
                    .get(ranks - 1)); // the last rank has them all too
        }
        assertThat(predicted.get(1).loss()).isCloseTo(predicted.get(0).loss(), within(1e-6));
        float[] expected = predicted.get(0).prediction().predictions();
        float[] actual = predicted.get(1).prediction().predictions();
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(1e-6f));
        }
        assertThat(predicted.get(1).prediction().labelIds())
                .isEqualTo(predicted.get(0).prediction().labelIds());
    }

    @Test
    void compileOnlyTellsPlacementAndMemoryAndLeavesTheWeights() {
        Map<Integer, List<String>> lines = new ConcurrentHashMap<>();
        RankedRun.Result result = run(Map.of("max_steps", "1", "learning_rate", "0", "weight_decay", "0"))
                .with("per_device_train_batch_size", "4")
                .layout(2, "layers_per_ipu=[1 3],gradient_accumulation_steps=2")
                .whileOpen(trainer -> lines.put(trainer.rank(), trainer.compileOnly()))
                .run();
        assertThat(result.losses()).hasSize(1);
        assertThat(lines.get(1)).isEmpty();
        assertThat(lines.get(0))
                .contains("Encoder 0  --> IPU 0", "Encoder 1  --> IPU 1", "Head       --> IPU 1")
                .anyMatch(line -> line.startsWith("Rank 1: weights "))
                .anyMatch(line -> line.startsWith("Stage 1: forward "))
                .anyMatch(line -> line.startsWith("Pipeline: bubble "));
    }
}
