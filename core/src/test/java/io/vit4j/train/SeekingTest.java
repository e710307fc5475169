package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.data.Dataset;
import io.vit4j.data.Sample;
import io.vit4j.data.Sampler;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a resumed run goes on: at the next sample, at any step, with any number of workers, without reading what is past. */
class SeekingTest {
    private static final int PICTURES = 40;
    private static final int STEP = 8;

    @TempDir
    Path folder;

    /** A run for all numbers of workers to be compared with. */
    private static TinyRun.Result undisturbed;

    /** Every picture that is read, in order. */
    private final List<Integer> read = Collections.synchronizedList(new ArrayList<>());

    private Dataset watched() {
        Dataset pictures = TinyRun.pictures(PICTURES, 1);
        return new Dataset() {
            @Override
            public int size() {
                return pictures.size();
            }

            @Override
            public Sample get(int index) {
                read.add(index);
                return pictures.get(index);
            }
        };
    }

    private static TinyRun interruptedAfter(long step, TinyRun run) {
        run.callback(new TrainerCallback() {
            @Override
            public void onStepEnd(TrainerState state, TrainerControl control) {
                if (state.globalStep() == step) {
                    run.interrupt();
                }
            }
        });
        assertThat(run.run().interrupted()).isTrue();
        return run.callback(new TrainerCallback() {});
    }

    /** Picture numbers of an epoch in the order in which seed 42, transformers' default, shuffles them here. */
    private static List<Integer> epoch(int number) {
        return Arrays.stream(Sampler.random(42).order(PICTURES, number)).boxed().toList();
    }

    /** Without the first picture, which a trainer looks at once to see what its data is like. */
    private List<Integer> readForTraining() {
        assertThat(read.get(0)).isZero();
        return read.subList(1, read.size());
    }

    @Test
    void whatIsPastIsNotReadAgain() {
        TinyRun run = interruptedAfter(
                7, new TinyRun(folder.resolve("run")).training(watched()).with("dataloader_num_workers", "0"));
        read.clear();
        run.resume();
        List<Integer> left = new ArrayList<>(epoch(1).subList(2 * STEP, PICTURES)); // two of its five steps are done
        left.addAll(epoch(2));
        assertThat(readForTraining()).isEqualTo(left);
    }

    @Test
    void withIgnoreDataSkipTheEpochsDataBeginsAnew() {
        TinyRun run = interruptedAfter(
                7, new TinyRun(folder.resolve("run")).training(watched()).with("dataloader_num_workers", "0"));
        read.clear();
        TinyRun.Result result = run.with("ignore_data_skip", "true").resume();
        assertThat(readForTraining().subList(0, PICTURES)).isEqualTo(epoch(1));
        assertThat(result.lastStep()).isEqualTo(TinyRun.STEPS);
    }

    /** Early and late in an epoch, at its end and at the next one's start. */
    @Test
    void aRunInterruptedAtAStepEndsAsTheUndisturbed() {
        interruptedAt(1, 4, 5, 6);
    }

    @Test
    @Tag("exhaustive")
    void aRunInterruptedAtAnyStepEndsAsTheUndisturbed() {
        interruptedAt(1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    private void interruptedAt(long... interruptedSteps) {
        int steps = 10;
        Map<String, String> plain = Map.of(
                "threads", "1",
                "num_train_epochs", "2",
                "eval_strategy", "no",
                "load_best_model_at_end", "false",
                "save_steps", Integer.toString(steps));
        TinyRun.Result undisturbed =
                new TinyRun(folder.resolve("undisturbed")).with(plain).run();
        for (long step : interruptedSteps) {
            TinyRun.Result resumed = interruptedAfter(step, new TinyRun(folder.resolve("run-" + step)).with(plain))
                    .resume();
            assertThat(resumed.logs()).as("step %d", step).isEqualTo(undisturbed.logs());
            assertThat(resumed.weights()).as("step %d", step).isEqualTo(undisturbed.weights());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "3", "8"})
    void theNumberOfWorkersChangesNothing(String workers) {
        TinyRun run = interruptedAfter(4, new TinyRun(folder.resolve("run")));
        TinyRun.Result resumed = run.with("dataloader_num_workers", workers).resume();
        if (undisturbed == null) {
            undisturbed = new TinyRun(folder.resolve("undisturbed")).run();
        }
        assertThat(resumed.logs()).isEqualTo(undisturbed.logs());
        assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
    }

    @Test
    void moreEpochsAreTakenAndTheLogSaysHowTheLearningRateChanges() {
        TinyRun run = new TinyRun(folder.resolve("run")).with("num_train_epochs", "2");
        run.run();
        PrintStream before = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            assertThat(run.with("num_train_epochs", "3").resume().lastStep()).isEqualTo(TinyRun.STEPS);
        } finally {
            System.setErr(before);
        }
        // cosine from 0.01: at its end after 10 steps; two thirds on its way of 15, where it is a quarter
        assertThat(log.toString(StandardCharsets.UTF_8))
                .containsPattern(
                        "The run is now 15 steps long instead of 10: the learning rate of step 11 is 0\\.0025\\d* instead of 0\\.0");
    }
}
