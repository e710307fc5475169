package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.CrossValidated;
import io.vit4j.Swept;
import io.vit4j.base.JsonObject;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.Spread;
import io.vit4j.search.Search;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyPagesTest {
    private static final Search SEARCH = Search.of(JsonObject.parse("""
            {"method": "random", "trials": 4, "metric": {"name": "eval_loss"}, "parameters": {
              "learning_rate": {"min": 1e-5, "max": 1e-3, "distribution": "log_uniform_values"},
              "optim": {"values": ["adamw_torch", "<b>lamb"]}, "seed": {"value": 3}}}
            """, "sweep.json"));

    @TempDir
    Path folder;

    private Swept.Trial trial(int number, String rate, String optim, double loss) {
        boolean failed = Double.isNaN(loss);
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("learning_rate", rate);
        settings.put("optim", optim);
        settings.put("seed", "3");
        return new Swept.Trial(
                number,
                1,
                settings,
                folder.resolve("trial-" + number),
                failed ? Metrics.NONE : new Metrics(Map.of("eval_loss", loss)),
                failed ? OptionalDouble.empty() : OptionalDouble.of(loss),
                failed ? Optional.of("no memory <left>") : Optional.empty());
    }

    @Test
    void aSweepIsDrawnAsParallelCoordinatesWithTheBestOnTop() throws IOException {
        List<Swept.Trial> trials = List.of(
                trial(1, "1e-5", "adamw_torch", 0.9),
                trial(2, "1e-4", "<b>lamb", 0.2),
                trial(3, "1e-3", "adamw_torch", 0.55),
                trial(4, "1e-3", "<b>lamb", Double.NaN));
        Swept swept = new Swept(folder, true, SEARCH, trials, Optional.of(trials.get(1)), Optional.empty());
        Path page = new ReportPages().swept(swept).orElseThrow();
        String html = Files.readString(page);

        Matcher lines = Pattern.compile("<polyline points=\"([^\"]*)\" class=\"(\\w+)\" style=\"--rank:(\\d+)\"")
                .matcher(html);
        List<String> drawn = new ArrayList<>();
        while (lines.find()) {
            drawn.add(
                    lines.group(2) + " " + lines.group(3) + " " + lines.group(1).replaceAll("[\\d.]+,", ""));
        }
        // Heights of learning rate (logarithmic), optimizer, and loss, whose least is the highest; the failed one is
        // not drawn.
        assertThat(drawn)
                .containsExactlyInAnyOrder(
                        "trial 0 300.0 46.0 300.0", "trial 50 46.0 46.0 173.0", "best 100 173.0 300.0 46.0");
        assertThat(html).doesNotContain("<b>lamb").contains("&lt;b&gt;lamb").contains("no memory &lt;left&gt;");
        assertThat(html.indexOf("trial-2</td>")).isLessThan(html.indexOf("trial-3</td>"));
        assertThat(html.indexOf("trial-1</td>")).isLessThan(html.indexOf("trial-4</td>"));
        assertThat(StudyText.of(swept).lines().toList().get(1)).contains("trial-2", "1e-4", "0.2000");
        assertThat(StudyText.of(swept)).contains("failed").contains("Best: ");
    }

    @Test
    void aCrossValidationShowsFoldsSeedsAndAllPredictions() throws IOException {
        float[] logits = new float[40];
        float[] truth = new float[40];
        for (int i = 0; i < 40; i++) {
            truth[i] = i % 3 == 0 ? 1 : 0;
            logits[i] = (float) Math.sin(i) + truth[i];
        }
        Evaluation evaluation = Evaluation.of(SplitPredictions.of(
                        "out-of-fold", List.of("Nodule", "Mass"), EvalPrediction.multiLabel(20, 2, logits, truth)))
                .rounds(20)
                .compute();
        List<CrossValidated.Repeat> repeats = new ArrayList<>();
        for (long seed = 42; seed < 44; seed++) {
            List<CrossValidated.Fold> folds = List.of(
                    new CrossValidated.Fold(1, folder, 10, 10, 10, metrics(0.7)),
                    new CrossValidated.Fold(2, folder, 10, 10, 10, metrics(0.8)));
            repeats.add(new CrossValidated.Repeat(
                    seed,
                    folder,
                    folds,
                    Spread.of(folds.stream().map(CrossValidated.Fold::metrics).toList()),
                    metrics(0.73 + 0.01 * seed / 42),
                    evaluation));
        }
        CrossValidated result = new CrossValidated(
                folder,
                true,
                repeats,
                Spread.of(repeats.stream().map(CrossValidated.Repeat::pooled).toList()),
                Optional.empty());
        String html = Files.readString(new ReportPages().crossValidated(result).orElseThrow());
        assertThat(html)
                .contains("<td class=\"name\">deviation</td>")
                .contains("<td class=\"n\">0.0707</td>") // of 0.7 and 0.8
                .contains("id=\"seeds\"")
                .contains("AUROC on out-of-fold (20 pictures)")
                .doesNotContain("roc auc Nodule");
        assertThat(StudyText.of(result)).contains("0.7500").contains("Over 2 seeds");
    }

    private static Metrics metrics(double area) {
        return new Metrics(Map.of("eval_roc_auc", area, "eval_roc_auc_Nodule", area));
    }
}
