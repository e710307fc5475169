package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.FileOperations;
import io.vit4j.base.InputException;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever fails while a checkpoint is written or changes in it later, there is a whole one to go on from. */
class SavingFaultsTest {
    private static final Map<String, String> FAST = Map.of(
            "eval_strategy",
            "no",
            "load_best_model_at_end",
            "false",
            "save_total_limit",
            "1",
            "num_train_epochs",
            "2",
            "save_steps",
            "2",
            "gradient_accumulation_steps",
            "1",
            "per_device_train_batch_size",
            "8");

    @TempDir
    Path folder;

    /** The system's operations, of which one fails, or that one and all after it. */
    private static final class Failing implements FileOperations {
        private final boolean forGood;
        private final String reason;
        private volatile int failing;
        private volatile int done;

        Failing(int failing, boolean forGood) {
            this(failing, forGood, failing % 2 == 0 ? "No space left on device" : "Input/output error");
        }

        Failing(int failing, boolean forGood, String reason) {
            this.failing = failing;
            this.forGood = forGood;
            this.reason = reason;
        }

        void beginNow() {
            failing = done;
        }

        private boolean fails() {
            int number = done++;
            return number == failing || forGood && number > failing;
        }

        private void mayFail() throws IOException {
            if (fails()) {
                throw new IOException(reason);
            }
        }

        @Override
        public WritableFile create(Path file, FileAttribute<?>... attributes) throws IOException {
            mayFail();
            WritableFile out = FileOperations.SYSTEM.create(file, attributes);
            return new WritableFile() {
                @Override
                public int write(ByteBuffer source) throws IOException {
                    if (fails()) {
                        ByteBuffer half = source.duplicate();
                        half.limit(source.position() + source.remaining() / 2);
                        out.write(half);
                        throw new IOException(reason);
                    }
                    return out.write(source);
                }

                @Override
                public void force() throws IOException {
                    mayFail();
                    out.force();
                }

                @Override
                public boolean isOpen() {
                    return out.isOpen();
                }

                @Override
                public void close() throws IOException {
                    out.close();
                    mayFail();
                }
            };
        }

        @Override
        public void createFolder(Path path, FileAttribute<?>... attributes) throws IOException {
            mayFail();
            FileOperations.SYSTEM.createFolder(path, attributes);
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            mayFail();
            FileOperations.SYSTEM.rename(from, to);
        }

        @Override
        public void forceFolder(Path path) throws IOException {
            mayFail();
            FileOperations.SYSTEM.forceFolder(path);
        }

        @Override
        public void delete(Path path) throws IOException {
            mayFail();
            FileOperations.SYSTEM.delete(path);
        }
    }

    private static Checkpoint write(DurableFiles files, Path output, long step) {
        return Checkpoint.write(files, output, step, draft -> {
            for (String name : List.of("model.safetensors", "optimizer.safetensors", "trainer_state.json")) {
                files.write(draft.resolve(name), (name + " of step " + step).repeat(20));
            }
        });
    }

    @Test
    void whicheverOperationFailsThereIsAWholeCheckpoint() throws IOException {
        for (boolean forGood : List.of(false, true)) {
            int operation = 0;
            for (boolean reached = true; reached; operation++) {
                Path output = Files.createDirectory(folder.resolve("faults-" + forGood + "-" + operation));
                write(DurableFiles.SYSTEM, output, 1);
                Failing failing = new Failing(operation, forGood);
                DurableFiles files = new DurableFiles(failing);
                Optional<InputException> fault = Optional.empty();
                try {
                    Checkpoint second = write(files, output, 2);
                    assertThat(second.damage()).isEmpty();
                    Checkpoint.rotate(files, output, 1, second, Optional.empty());
                } catch (InputException e) {
                    fault = Optional.of(e);
                }
                reached = failing.done > operation;
                assertThat(Checkpoint.newestWhole(output))
                        .as("operation %d", operation)
                        .isPresent();
                assertThat(Checkpoint.in(output))
                        .as("operation %d", operation)
                        .allSatisfy(
                                checkpoint -> assertThat(checkpoint.damage()).isEmpty());
                fault.ifPresent(e -> assertThat(e).hasMessageContaining(output.toString()));
            }
            assertThat(operation).isGreaterThan(20);
        }
    }

    @Test
    void aRunThatFailedToSaveIsResumedToTheSameEnd() {
        TinyRun.Result undisturbed =
                new TinyRun(folder.resolve("undisturbed")).with(FAST).run();
        for (int operation : new int[] {3, 66, 101}) {
            TinyRun run = new TinyRun(folder.resolve("failed-" + operation)).with(FAST);
            run.files(new DurableFiles(new Failing(operation, true)));
            assertThatThrownBy(run::run)
                    .isInstanceOf(InputException.class)
                    .hasMessageContainingAll("failed-" + operation, "check");
            TinyRun.Result resumed = run.files(DurableFiles.SYSTEM).resume();
            assertThat(resumed.weights()).as("operation %d", operation).isEqualTo(undisturbed.weights());
            assertThat(resumed.logs()).isEqualTo(undisturbed.logs());
        }
    }

    @Test
    void trainingGoesOnWithoutACheckpointWhereThatWasChosen() {
        TinyRun.Result undisturbed =
                new TinyRun(folder.resolve("undisturbed")).with(FAST).run();
        TinyRun run = new TinyRun(folder.resolve("goes-on")).with(FAST).with("on_save_error", "continue");
        assertThat(run.files(new DurableFiles(new Failing(30, false))).run().weights())
                .isEqualTo(undisturbed.weights());
    }

    /** No quota is to be had in a test, so its words are: whoever writes half of a file is told them. */
    @Test
    void aFullQuotaIsALineTheLastCheckpointStaysAndTheRunGoesOnLater() {
        TinyRun.Result undisturbed =
                new TinyRun(folder.resolve("undisturbed")).with(FAST).run();
        Path output = folder.resolve("quota");
        Failing quota = new Failing(Integer.MAX_VALUE, true, "Disk quota exceeded");
        TinyRun run = new TinyRun(output)
                .with(FAST)
                .files(new DurableFiles(quota))
                .callback(new TrainerCallback() {
                    @Override
                    public void onSave(TrainerState state, Path checkpoint) {
                        quota.beginNow();
                    }
                });
        assertThatThrownBy(run::run)
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll(output.toString(), "checkpoint-", "(Disk quota exceeded); check the folder");
        assertThat(Checkpoint.newestWhole(output)).map(Checkpoint::step).contains(2L);
        assertThat(run.files(DurableFiles.SYSTEM).resume().weights()).isEqualTo(undisturbed.weights());
    }
}
