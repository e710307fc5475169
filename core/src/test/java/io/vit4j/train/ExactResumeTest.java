package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that was interrupted or killed, and resumed, ends as the one that never was: every weight and every log entry. */
class ExactResumeTest {
    @TempDir
    Path folder;

    private int runs;

    /** The process is gone: nothing after this is run. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private TinyRun run(Map<String, String> arguments) {
        TinyRun run = new TinyRun(folder.resolve("run-" + runs++)).with(arguments);
        return arguments.containsKey("mixup")
                ? run.erasing().training(TinyRun.partlyUnknown(TinyRun.pictures(40, 1)))
                : run;
    }

    static TrainerCallback after(long step, Runnable event) {
        return new TrainerCallback() {
            @Override
            public void onStepEnd(TrainerState state, TrainerControl control) {
                if (state.globalStep() == step) {
                    event.run();
                }
            }
        };
    }

    private static void kill() {
        throw new Killed();
    }

    private void endsAsTheUndisturbed(Map<String, String> arguments, long interruptedAt, long killedAt) {
        TinyRun.Result undisturbed = run(arguments).run();
        TinyRun disturbed = run(arguments);
        assertThat(disturbed
                        .callback(after(interruptedAt, disturbed::interrupt))
                        .run()
                        .interrupted())
                .isTrue();
        disturbed.callback(after(killedAt, ExactResumeTest::kill));
        assertThatThrownBy(disturbed::resume).isInstanceOf(Killed.class);
        TinyRun.Result resumed = disturbed
                .with("dataloader_num_workers", "0")
                .callback(new TrainerCallback() {})
                .resume();
        assertThat(resumed.logs()).isEqualTo(undisturbed.logs());
        assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
    }

    @ParameterizedTest
    @CsvSource({"float32,1,1,7", "bfloat16,2,5,11", "float32,2,9,15"})
    void anInterruptedThenKilledRunEndsAsTheUndisturbed(String dtype, String threads, long interrupt, long kill) {
        endsAsTheUndisturbed(Map.of("dtype", dtype, "threads", threads), interrupt, kill);
    }

    @Test
    void adaptersGoOn() {
        endsAsTheUndisturbed(
                Map.of("lora_rank", "2", "lora_dropout", "0.2", "lora_bias", "lora_only", "threads", "2"), 5, 11);
    }

    @Test
    void aRunOnMixedSamplesEndsAsTheUndisturbed() {
        endsAsTheUndisturbed(
                Map.of("mixup", "0.8", "cutmix", "1", "mixup_prob", "0.8", "uncertain_labels", "zeros_lsr"), 2, 6);
    }

    @Test
    void aCheckpointThatOnlyAnInterruptAskedForIsNeverTheBest() {
        endsAsTheUndisturbed(Map.of("eval_steps", "1", "save_steps", "5", "greater_is_better", "true"), 1, 7);
    }

    @Test
    void theScheduleThatFollowsTheMetricGoesOn() {
        endsAsTheUndisturbed(
                Map.of(
                        "lr_scheduler_type", "reduce_lr_on_plateau",
                        "lr_scheduler_kwargs", "{\"patience\": 0, \"factor\": 0.5}",
                        "eval_steps", "1",
                        "save_steps", "2",
                        "greater_is_better", "true"),
                3,
                8);
    }

    @Test
    void aRunThatStoppedEarlyStaysStopped() {
        Map<String, String> arguments = Map.of(
                "early_stopping_patience", "1",
                "early_stopping_threshold", "10",
                "load_best_model_at_end", "true");
        TinyRun.Result undisturbed = run(arguments).run();
        assertThat(undisturbed.lastStep()).isEqualTo(6);
        TinyRun disturbed = run(arguments).callback(new TrainerCallback() {
            @Override
            public void onSave(TrainerState state, Path checkpoint) {
                if (state.globalStep() == 6) {
                    kill();
                }
            }
        });
        assertThatThrownBy(disturbed::run).isInstanceOf(Killed.class);
        TinyRun.Result resumed = disturbed.callback(new TrainerCallback() {}).resume();
        assertThat(resumed.logs()).isEqualTo(undisturbed.logs());
        assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
    }

    @Test
    void aRunThatEndedIsNotTrainedAgain() {
        TinyRun run = run(Map.of());
        TinyRun.Result first = run.run();
        TinyRun.Result again = run.resume();
        assertThat(again.logs()).isEqualTo(first.logs());
        assertThat(again.weights()).isEqualTo(first.weights());
    }

    @Test
    void resumingWhereThereIsNoCheckpointBegins() {
        assertThat(run(Map.of()).resume().weights())
                .isEqualTo(run(Map.of()).run().weights());
    }

    @Test
    void theNewestWholeCheckpointIsTakenWhereTheNewestIsDamaged() throws Exception {
        TinyRun run = run(Map.of("save_total_limit", "5"));
        TinyRun.Result undisturbed = run.run();
        Path weights = folder.resolve("run-0/checkpoint-15/model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length / 2] ^= 4;
        Files.write(weights, bytes);
        Files.delete(folder.resolve("run-0/checkpoint-12/optimizer.safetensors"));
        TinyRun.Result resumed = run.resume();
        assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
        assertThat(resumed.logs()).isEqualTo(undisturbed.logs());
    }

    @Test
    void aFolderThatHoldsARunIsRefusedAndSaysWhatToGive() {
        TinyRun run = run(Map.of());
        run.run();
        assertThatThrownBy(run::run)
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("--resume-from-checkpoint true", "--overwrite-output-dir true");
    }

    @Test
    void aSecondRunIntoTheSameFolderIsRefusedWhileTheFirstGoesOn() {
        TinyRun run = run(Map.of());
        TinyRun second = new TinyRun(folder.resolve("run-0")).with("overwrite_output_dir", "true");
        run.callback(after(
                4,
                () -> assertThatThrownBy(second::run)
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining("in use by another run")));
        run.run();
        second.run();
    }

    @Test
    void changedMathematicsIsRefusedWithAListAndMoreEpochsAreNot() {
        TinyRun run = run(Map.of("num_train_epochs", "1"));
        run.run();
        run.with("num_train_epochs", "3").with("learning_rate", "3e-3").with("adam_beta1", "0.8");
        assertThatThrownBy(run::resume)
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("learning_rate", "adam_beta1", "--allow-changed-arguments")
                .hasMessageNotContaining("num_train_epochs");
        run.with("learning_rate", "1e-2").with("adam_beta1", "0.9");
        TinyRun.Result longer = run.resume();
        assertThat(longer.lastStep()).isEqualTo(TinyRun.STEPS);
    }

    @Test
    void anotherDataSetIsRefused() {
        TinyRun run = run(Map.of());
        run.run();
        assertThatThrownBy(() -> run.training(TinyRun.pictures(41, 1)).resume())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("40 samples, but now there are 41");
    }
}
