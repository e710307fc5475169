package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.Split;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.metrics.PredictionsFile;
import io.vit4j.metrics.Spread;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrossValidateTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Map<String, String> patients;
    private static CrossValidated whole;

    @BeforeAll
    static void crossValidate() throws IOException {
        patients = PatientPictures.prepare(shared.resolve("pictures"), shared.resolve("dataset"), 5);
        whole = request(shared.resolve("whole")).seeds(2).run(Progress.NONE);
    }

    private static CrossValidateRequest request(Path output) {
        return Vit4j.crossValidate(PatientPictures.recipe(shared.resolve("dataset"), output))
                .folds(2)
                .validation(0.2);
    }

    private static Set<String> patientsOf(PredictionsFile predictions) {
        return predictions.files().stream().map(patients::get).collect(Collectors.toCollection(HashSet::new));
    }

    @Test
    void everyPictureIsPredictedOnceByAModelThatHasNotSeenItsPatient() throws IOException {
        assertThat(whole.complete()).isTrue();
        CrossValidated.Repeat repeat = whole.repeats().get(0);
        PredictionsFile pooled = SplitPredictions.read(repeat.folder(), "out-of-fold")
                .orElseThrow()
                .predictions();
        List<String> expected = patients.keySet().stream()
                .filter(file -> Integer.parseInt(patients.get(file).substring(4)) < 16) // not the test split
                .toList();
        assertThat(pooled.files()).containsExactlyInAnyOrderElementsOf(expected);
        for (CrossValidated.Fold fold : repeat.folds()) {
            PredictionsFile held = SplitPredictions.read(fold.folder(), Split.TEST)
                    .orElseThrow()
                    .predictions();
            PredictionsFile validation = SplitPredictions.read(fold.folder(), Split.VALIDATION)
                    .orElseThrow()
                    .predictions();
            assertThat(fold.trained() + held.files().size() + validation.files().size())
                    .isEqualTo(expected.size());
            assertThat(held.files()).hasSize(fold.pictures());
            Set<String> heldPatients = patientsOf(held);
            assertThat(heldPatients).hasSize(fold.patients());
            Set<String> others = new HashSet<>(expected);
            others.removeAll(held.files());
            assertThat(others.stream().map(patients::get)).doesNotContainAnyElementsOf(heldPatients);
            assertThat(patientsOf(validation)).doesNotContainAnyElementsOf(heldPatients);
            List<PredictRequest.Scored> again = Vit4j.predict(fold.folder())
                    .run(
                            held.files().stream()
                                    .map(shared.resolve("pictures")::resolve)
                                    .toList(),
                            Progress.NONE);
            for (int i = 0; i < again.size(); i++) {
                int at = pooled.files().indexOf(held.files().get(i));
                for (int j = 0; j < 2; j++) {
                    assertThat(again.get(i).logits()[j])
                            .isCloseTo(pooled.prediction().predictions()[2 * at + j], within(1e-4f));
                }
            }
        }
        Spread loss = repeat.overFolds().get("eval_loss");
        assertThat(loss.mean())
                .isCloseTo(
                        repeat.folds().stream()
                                .mapToDouble(fold -> fold.metrics().get("eval_loss"))
                                .average()
                                .orElseThrow(),
                        within(1e-12));
        assertThat(whole.overSeeds().get("eval_loss").mean())
                .isCloseTo(
                        whole.repeats().stream()
                                .mapToDouble(each -> each.pooled().get("eval_loss"))
                                .average()
                                .orElseThrow(),
                        within(1e-12));
        JsonObject json = JsonObject.read(whole.folder().resolve("crossval.json"));
        assertThat(json.objects("seeds").get(0).objects("folds")).hasSize(2);
        assertThat(Files.readAllLines(whole.folder().resolve("crossval.csv"))).hasSize(5);
    }

    @Test
    void anInterruptedCrossValidationGoesOnToTheSameNumbers() throws IOException {
        List<CrossValidateRequest> running = new ArrayList<>();
        int[] steps = {0};
        FineTuneRequest recipe = PatientPictures.recipe(shared.resolve("dataset"), folder.resolve("broken"))
                .callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, TrainerControl control) {
                        if (++steps[0] == 7) {
                            running.get(0).interrupt();
                        }
                    }
                });
        running.add(Vit4j.crossValidate(recipe).folds(2).validation(0.2));
        assertThat(running.get(0).run(Progress.NONE).complete()).isFalse();
        Path first = folder.resolve("broken/seed-42/fold-1/model.safetensors");
        Object written = Files.getLastModifiedTime(first);
        assertThat(folder.resolve("broken/seed-42/fold-2/model.safetensors")).doesNotExist();

        CrossValidated resumed = request(folder.resolve("broken")).run(Progress.NONE);
        assertThat(Files.getLastModifiedTime(first)).isEqualTo(written);
        assertThat(resumed.repeats().get(0).pooled())
                .isEqualTo(whole.repeats().get(0).pooled());
        assertThat(resumed.repeats().get(0).overFolds())
                .isEqualTo(whole.repeats().get(0).overFolds());

        assertThatThrownBy(() -> request(folder.resolve("broken")).folds(4).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("was begun with other settings (folds: 2, now 4)");
    }

    @Test
    void whatCannotBeDoneIsSaid() {
        assertThatThrownBy(() -> request(folder.resolve("many")).folds(17).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessage("the data set has 16 patients to share out to 17 folds; use fewer folds");
        assertThatThrownBy(() -> request(folder.resolve("few")).validation(0.1).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(
                        "patients, too few to set one in 10 apart for validation; use a larger --validation");
        FineTuneRequest choosing = PatientPictures.recipe(shared.resolve("dataset"), folder)
                .arguments(more -> more.set("eval_strategy", "epoch"));
        assertThatThrownBy(() -> Vit4j.crossValidate(choosing).validation(0).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("need validation pictures");
    }
}
