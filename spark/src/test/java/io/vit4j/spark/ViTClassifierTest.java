package io.vit4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.train.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two ranks as tasks of a barrier stage, in this process. */
class ViTClassifierTest {
    @TempDir
    Path folder;

    @Test
    void twoReplicasTrainWhatOneProcessDoesAndTheModelPredicts() throws IOException {
        TrainedOnSpark run = new TrainedOnSpark(folder);
        Path output = folder.resolve("tuned");

        ViTClassificationModel tuned =
                run.classifier(output, 2, 2, "replicas=2").fit(LocalSpark.session());

        TrainedOnSpark.areWithin(1e-5, output, run.alone());
        assertThat(Checkpoint.in(output)).extracting(Checkpoint::step).containsExactly(20L, 15L, 10L, 5L);
        assertThat(Checkpoint.in(output))
                .allSatisfy(each -> assertThat(each.damage()).isEmpty());
        assertThat(output.resolve("eval_results.json")).exists();
        nothingOfAJobIsLeft();
        List<Row> scored = tuned.setLocalDir(folder.toString())
                .transform(LocalSpark.session()
                        .read()
                        .format("binaryFile")
                        .load(folder.resolve("cxr/images").toString())
                        .limit(3))
                .collectAsList();
        assertThat(scored)
                .allSatisfy(row -> assertThat(row.<Object>getAs("scores")).isNotNull());
        assertThatThrownBy(() -> run.classifier(output, 2, 2, "replicas=2").fit(LocalSpark.session()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("already contains a run");
    }

    private void nothingOfAJobIsLeft() throws IOException {
        try (Stream<Path> left =
                Files.list(folder.resolve("local").resolve("vit4j-" + System.getProperty("user.name")))) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("job-") || name.endsWith(".partial"));
        }
    }

    /** Whatever rank 0 fails of, Spark tries again, and no attempt leaves its files on the machine. */
    @Test
    void aRankThatFailsUnexpectedlyLeavesNothingBehind() throws IOException {
        TrainedOnSpark run = new TrainedOnSpark(folder);
        ViTClassifier classifier = run.classifier(folder.resolve("tuned"), 2, 2, "replicas=2")
                .setOutput("flaky:" + folder.resolve("tuned"))
                .setArgument("max_steps", "1")
                .setArgument("save_steps", "1");
        FlakyFileSystem.uncheckedFailures("model.safetensors", 1000);
        try {
            assertThatThrownBy(() -> classifier.fit(LocalSpark.session())).hasMessageContaining("no room");
        } finally {
            FlakyFileSystem.failures("", 0);
        }
        nothingOfAJobIsLeft();
    }

    /** The rank that cannot get ready says why, and the other one does not wait for it. */
    @Test
    void aRankThatCannotReadTheDataSetEndsTheJob() throws IOException {
        TrainedOnSpark run = new TrainedOnSpark(folder);
        FlakyFileSystem.failures("data-00000", 1);

        assertThatThrownBy(() -> run.classifier(folder.resolve("tuned"), 2, 2, "replicas=2")
                        .setDataset("flaky:" + run.dataset)
                        .fit(LocalSpark.session()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cannot be filled: no answer");

        assertThat(FlakyFileSystem.left()).isZero();
        nothingOfAJobIsLeft();
    }

    /** What a user has to mend is said once, and not tried again. */
    @Test
    void aFaultOfTheUsersEndsTheJob() throws IOException {
        TrainedOnSpark run = new TrainedOnSpark(folder);

        assertThatThrownBy(() -> run.classifier(folder.resolve("tuned"), 2, 2, "replicas=3")
                        .fit(LocalSpark.session()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("3 ranks in total, but 2 were started");
        assertThatThrownBy(() -> run.classifier(folder.resolve("tuned"), 2, 2, "replicas=2")
                        .setDataset(folder.resolve("nothing").toString())
                        .fit(LocalSpark.session()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such folder, or an empty one");
        assertThatThrownBy(() -> new ViTClassifier().fit(LocalSpark.session()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("output: is not set");
    }

    @Test
    void anEstimatorIsSavedWithItsParameters() throws IOException {
        ViTClassifier classifier = new ViTClassifier()
                .setCheckpoint("google/vit-base-patch16-224-in21k")
                .setArgument("num_train_epochs", "3")
                .setArgument("learning_rate", "2e-4")
                .setRanks(4)
                .setReplaceClassifier(true);

        classifier.save(folder.resolve("estimator").toString());
        ViTClassifier again = ViTClassifier.load(folder.resolve("estimator").toString());

        assertThat(again.uid()).isEqualTo(classifier.uid());
        assertThat(again.explainParams()).isEqualTo(classifier.explainParams());
        assertThat(again.getOrDefault(again.arguments()))
                .isEqualTo("{\"num_train_epochs\":\"3\",\"learning_rate\":\"2e-4\"}");
    }
}
