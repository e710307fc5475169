package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.FileOperations;
import io.vit4j.base.InputException;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints are written while training goes on, and are those of the step that they are named by. */
class BackgroundSavingTest {
    private static final Map<String, String> EVERY_FOURTH_STEP = Map.of(
            "eval_strategy", "no",
            "load_best_model_at_end", "false",
            "save_total_limit", "9",
            "save_steps", "4",
            "num_train_epochs", "2",
            "gradient_accumulation_steps", "1",
            "per_device_train_batch_size", "8");

    @TempDir
    Path folder;

    /** The disk does not answer until it is let go; a trainer that waits for it waits in vain. */
    private static final class SlowDisk implements FileOperations {
        private final CountDownLatch released = new CountDownLatch(1);
        private volatile boolean inVain;

        @Override
        public WritableFile create(Path file, FileAttribute<?>... attributes) throws IOException {
            try {
                inVain |= !released.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return FileOperations.SYSTEM.create(file, attributes);
        }
    }

    /** The disk is full while a checkpoint of this step is written. */
    private record FullAt(long step) implements FileOperations {
        @Override
        public WritableFile create(Path file, FileAttribute<?>... attributes) throws IOException {
            if (file.getParent().getFileName().toString().contains(Checkpoint.name(step))) {
                throw new IOException("No space left on device");
            }
            return FileOperations.SYSTEM.create(file, attributes);
        }
    }

    private static TrainerCallback afterEachStep(java.util.function.LongConsumer event) {
        return new TrainerCallback() {
            @Override
            public void onStepEnd(TrainerState state, TrainerControl control) {
                event.accept(state.globalStep());
            }
        };
    }

    @Test
    void trainingGoesOnWhileACheckpointOfAnEarlierStepIsWritten() throws IOException {
        Path undisturbed = folder.resolve("undisturbed");
        new TinyRun(undisturbed).with(EVERY_FOURTH_STEP).run();
        Path slow = folder.resolve("slow");
        SlowDisk disk = new SlowDisk();
        List<Boolean> thereAtStep = new ArrayList<>();
        new TinyRun(slow)
                .with(EVERY_FOURTH_STEP)
                .files(new DurableFiles(disk))
                .callback(afterEachStep(step -> {
                    thereAtStep.add(Files.exists(slow.resolve("checkpoint-4")));
                    if (step == 7) {
                        disk.released.countDown();
                    }
                }))
                .run();
        assertThat(disk.inVain).isFalse();
        assertThat(thereAtStep.subList(0, 7)).containsOnly(false);
        for (String file : List.of("checkpoint-4/model.safetensors", "checkpoint-4/optimizer.safetensors")) {
            assertThat(slow.resolve(file)).hasSameBinaryContentAs(undisturbed.resolve(file));
        }
        assertThat(Checkpoint.in(slow))
                .hasSize(3)
                .allSatisfy(checkpoint -> assertThat(checkpoint.damage()).isEmpty());
    }

    @Test
    void trainingEndsOnceItsLastCheckpointIsThere() {
        for (boolean interrupted : List.of(false, true)) {
            Path output = folder.resolve("end-" + interrupted);
            SlowDisk disk = new SlowDisk();
            TinyRun run = new TinyRun(output).with(EVERY_FOURTH_STEP).files(new DurableFiles(disk));
            run.callback(afterEachStep(step -> {
                if (step == (interrupted ? 3 : 10)) {
                    new Thread(() -> {
                                pause();
                                disk.released.countDown();
                            })
                            .start();
                    if (interrupted) {
                        run.interrupt();
                    }
                }
                if (step == 7) { // before the second checkpoint, which waits for the first
                    disk.released.countDown();
                }
            }));
            run.callbackAtEnd(() -> assertThat(Checkpoint.newestWhole(output))
                    .map(Checkpoint::step)
                    .contains(interrupted ? 3L : 10L));
            run.run();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(300);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aCheckpointThatFailsInTheBackgroundStopsTheRunWithItsLine() {
        Path output = folder.resolve("stops");
        TinyRun run = new TinyRun(output).with(EVERY_FOURTH_STEP).files(new DurableFiles(new FullAt(8)));
        assertThatThrownBy(run::run)
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("checkpoint-8", "No space left on device");
        assertThat(Checkpoint.newestWhole(output)).map(Checkpoint::step).contains(4L);
    }

    @Test
    void aBestCheckpointThatCouldNotBeWrittenIsNotNamedAsTheBest() {
        Path output = folder.resolve("best");
        List<Optional<String>> best = new ArrayList<>();
        TinyRun run = new TinyRun(output)
                .with(Map.of("greater_is_better", "false", "on_save_error", "continue", "save_total_limit", "9"))
                .files(new DurableFiles(new FullAt(15)));
        run.callback(new TrainerCallback() {
            @Override
            public void onTrainEnd(TrainerState state) {
                best.add(state.bestModelCheckpoint());
                assertThat(state.bestGlobalStep()).isEqualTo(15); // of the evaluations, the last was the best
            }
        });
        run.run();
        assertThat(best).containsExactly(Optional.of("checkpoint-12"));
    }

    @Test
    void savingTellsWhatItCost() {
        Path output = folder.resolve("cost");
        new TinyRun(output).with(EVERY_FOURTH_STEP).run();
        TrainerState state = TrainerState.read(output.resolve(TrainerState.FILE));
        double share = state.logHistory().get(state.logHistory().size() - 1).get("save_time_share");
        assertThat(share).isGreaterThan(0).isLessThan(1);
    }
}
