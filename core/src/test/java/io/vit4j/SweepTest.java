package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.search.Search;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    @BeforeAll
    static void prepare() throws IOException {
        PatientPictures.prepare(shared.resolve("pictures"), shared.resolve("dataset"), 5);
    }

    private static Search search(String json) {
        return Search.of(JsonObject.parse(json.replace('\'', '"'), "sweep.json"));
    }

    private static SweepRequest request(Path output, Search search) {
        return Vit4j.sweep(PatientPictures.recipe(shared.resolve("dataset"), output), search);
    }

    private static List<Map<String, Double>> numbers(Swept swept) {
        return swept.trials().stream().map(trial -> trial.metrics().values()).toList();
    }

    private static final Search GRID = search(
            "{'method': 'grid', 'metric': {'name': 'eval_loss'}, 'parameters': {'learning_rate': {'values': [1e-5, 1e-2]},"
                    + " 'optim': {'values': ['adamw_torch', 'lamp']}}}");

    @Test
    void aTrialThatFailsIsRecordedAndTheBestIsFound() throws IOException {
        Swept swept = request(folder, GRID).run(Progress.NONE);
        assertThat(swept.complete()).isTrue();
        assertThat(swept.trials()).hasSize(4);
        for (Swept.Trial trial : swept.trials()) {
            boolean possible = !trial.settings().get("optim").equals("lamp");
            assertThat(trial.failure().isEmpty()).isEqualTo(possible);
            assertThat(trial.score().isPresent()).isEqualTo(possible);
        }
        assertThat(swept.trials().get(1).failure().orElseThrow()).contains("lamp");
        Swept.Trial best = swept.best().orElseThrow();
        assertThat(best.score().getAsDouble())
                .isEqualTo(Math.min(
                        swept.trials().get(0).score().getAsDouble(),
                        swept.trials().get(2).score().getAsDouble()));
        assertThat(best.folder().resolve("model.safetensors")).isRegularFile();
        List<String> table = Files.readAllLines(folder.resolve("sweep.csv"));
        assertThat(table.get(0))
                .startsWith("trial,rung,learning_rate,optim,eval_loss")
                .endsWith(",failure");
        assertThat(table).hasSize(5);
        assertThat(JsonObject.read(folder.resolve("sweep.json")).object("best").integer("trial"))
                .isEqualTo(best.number());
    }

    @Test
    void theTestSplitIsNeverLookedAt() throws IOException {
        Path other = folder.resolve("poisoned");
        PatientPictures.prepare(folder.resolve("pictures"), other, 77); // other test pictures with other labels
        Search search = search("{'trials': 1, 'parameters': {'learning_rate': {'min': 1e-4, 'max': 1e-2}}}");
        Swept clean = request(folder.resolve("clean"), search).run(Progress.NONE);
        Swept poisoned = Vit4j.sweep(PatientPictures.recipe(other, folder.resolve("out")), search)
                .run(Progress.NONE);
        assertThat(numbers(poisoned)).isEqualTo(numbers(clean));
        assertThat(Files.readAllBytes(folder.resolve("out/trial-001/model.safetensors")))
                .isEqualTo(Files.readAllBytes(folder.resolve("clean/trial-001/model.safetensors")));
        assertThat(JsonObject.read(folder.resolve("out/trial-001/training_args.json"))
                        .keys())
                .isNotEmpty();
        assertThatThrownBy(() -> Vit4j.evaluate(folder.resolve("out/trial-001"))
                        .on(other)
                        .splits(data -> data.withSplits(Map.of("train", data.rows("train"))))
                        .split("test")
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no pictures in its split 'test'");
    }

    @Test
    void halvingGivesTheBetterMoreAndGoesOnAfterAnInterruption() {
        Search search = search(
                "{'method': 'successive_halving', 'trials': 3, 'metric': {'name': 'loss'},"
                        + " 'halving': {'resource': 'max_steps', 'min': 1, 'max': 2, 'factor': 2},"
                        + " 'parameters': {'learning_rate': {'min': 1e-5, 'max': 1e-1, 'distribution': 'log_uniform_values'}}}");
        Swept whole =
                request(folder.resolve("whole"), search).keepBestOnly(true).run(Progress.NONE);
        assertThat(whole.trials().stream().map(Swept.Trial::rung)).containsExactly(1, 1, 1, 2);
        double least = whole.trials().subList(0, 3).stream()
                .mapToDouble(trial -> trial.score().getAsDouble())
                .min()
                .orElseThrow();
        Swept.Trial last = whole.trials().get(3);
        assertThat(whole.trials().get(last.number() - 1).score()).hasValue(least);
        assertThat(last.settings()).containsEntry("max_steps", "2");
        assertThat(whole.best()).contains(last);
        assertThat(last.folder().resolve("model.safetensors")).isRegularFile();
        assertThat(whole.trials().get(0).folder().resolve("trial.json")).isRegularFile();
        assertThat(whole.trials().get(0).folder().resolve("model.safetensors")).doesNotExist();

        List<SweepRequest> running = new ArrayList<>();
        int[] steps = {0};
        FineTuneRequest recipe = PatientPictures.recipe(shared.resolve("dataset"), folder.resolve("broken"))
                .callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, TrainerControl control) {
                        if (++steps[0] == 4) { // the first step of the second rung
                            running.get(0).interrupt();
                        }
                    }
                });
        running.add(Vit4j.sweep(recipe, search));
        Swept broken = running.get(0).run(Progress.NONE);
        assertThat(broken.complete()).isFalse();
        assertThat(broken.trials()).hasSize(3);
        Swept resumed = request(folder.resolve("broken"), search).run(Progress.NONE);
        assertThat(numbers(resumed)).isEqualTo(numbers(whole));
        assertThat(resumed.best().orElseThrow().settings())
                .isEqualTo(whole.best().orElseThrow().settings());
    }

    @Test
    void aSweepOfWhichNothingSucceedsFails() {
        Search search = search("{'method': 'grid', 'parameters': {'optim': {'values': ['lamp', 'lump']}}}");
        assertThatThrownBy(() -> request(folder, search).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("all 2 trials failed, the first because: ");
    }
}
