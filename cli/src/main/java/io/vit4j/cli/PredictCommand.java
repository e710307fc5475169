package io.vit4j.cli;

import io.vit4j.PredictRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.TerminalText;
import io.vit4j.data.ProblemType;
import io.vit4j.infer.LabelScore;
import io.vit4j.options.PictureOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j predict}: a tuned model's scores for pictures. */
@Command(
        name = "predict",
        description = "Scores pictures with a tuned model.",
        footer = {
            "",
            "Scores are probabilities. If the model has a temperature (decision.json), it is applied first."
                    + " Labels whose",
            "score reaches their threshold are marked with *.",
            "Pictures that cannot be read are named at the end, and the exit code is 1.",
            "",
            "Examples:",
            "  vit4j predict --model tuned chest.png",
            "  vit4j predict --model tuned --json images/ > scores.jsonl",
            "  vit4j predict --model a --model b --ensemble-weights 0.3,0.7 --tta flip chest.png",
            "  vit4j predict --model tuned --dicom-output results --fhir-output results study/"
        },
        sortOptions = false)
final class PredictCommand implements Callable<Integer> {
    private static final int SHOWN = 5;

    /** The exit code if some pictures were scored, and others could not be read. */
    private static final int SOME_NOT_READ = 1;

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the tuned model, or of an ensemble that evaluate wrote; several, each with its"
                    + " --model, are an ensemble.")
    private List<Path> models;

    @Mixin
    private ViewOptions views;

    @Option(names = "--json", description = "Print one JSON object per line: file, logits, scores, present labels.")
    private boolean json;

    @Option(
            names = "--plain-scores",
            description = "Ignore the temperature and thresholds that are stored with the model.")
    private boolean plain;

    @Parameters(paramLabel = "IMAGE|FOLDER", arity = "1..*", description = "Pictures, or folders of pictures.")
    private List<Path> inputs;

    @Mixin
    private ModelOptions options;

    @Mixin
    private PictureOptions pictures;

    @Mixin
    private ResultOptions results;

    @Override
    public Integer call() {
        results.check(models);
        PredictRequest request = Vit4j.predict(models)
                .settings(options.settings())
                .device(options.device())
                .decode(pictures.decode())
                .tta(views.tta());
        views.weights().ifPresent(request::ensembleWeights);
        if (plain) {
            request.plainScores();
        }
        List<PredictRequest.Scored> all = request.run(PictureFiles.of(inputs), vit4j.progress());
        PrintWriter out = spec.commandLine().getOut();
        all.stream().filter(picture -> picture.fault().isEmpty()).forEach(picture -> print(out, picture));
        out.flush();
        List<InputException> faults = new ArrayList<>(
                all.stream().flatMap(picture -> picture.fault().stream()).toList());
        if (faults.size() == all.size()) {
            throw new InputException(faults.get(0).getMessage()
                    + (all.size() > 1 ? "; and neither can any of the other " + all.size() : ""));
        }
        if (results.areAsked()) {
            faults.addAll(results.write(all, models, parameters(), pictures.decode()));
        }
        faults.forEach(fault -> Failures.say(spec.commandLine(), fault.getMessage()));
        return faults.isEmpty() ? 0 : SOME_NOT_READ;
    }

    /** How the models are used, if not as usual. */
    private List<String> parameters() {
        List<String> parameters = new ArrayList<>(pictures.parameters());
        parameters.addAll(views.parameters());
        if (plain) {
            parameters.add("--plain-scores");
        }
        return parameters;
    }

    private void print(PrintWriter out, PredictRequest.Scored picture) {
        if (json) {
            out.println(line(picture).line());
        } else {
            out.println(TerminalText.of(picture.file().toString()));
            if (picture.type() == ProblemType.REGRESSION) {
                for (int j = 0; j < picture.logits().length; j++) {
                    out.println("  " + picture.logits()[j] + "  "
                            + TerminalText.of(picture.labels().get(j)));
                }
            } else {
                picture.scores().stream().limit(SHOWN).forEach(label -> out.print(text(label)));
            }
        }
    }

    private static String text(LabelScore label) {
        return String.format(
                Locale.ROOT,
                "  %6.1f %% %s %s%n",
                100 * label.score(),
                label.present() ? "*" : " ",
                TerminalText.of(label.label()));
    }

    private static JsonObject line(PredictRequest.Scored picture) {
        if (picture.type() == ProblemType.REGRESSION) {
            Map<String, Float> numbers = new LinkedHashMap<>();
            for (int j = 0; j < picture.logits().length; j++) {
                numbers.put(picture.labels().get(j), picture.logits()[j]);
            }
            return JsonObject.empty().with("file", picture.file().toString()).with("predictions", numbers);
        }
        Map<String, Float> logits = new LinkedHashMap<>();
        for (int j = 0; j < picture.logits().length; j++) {
            logits.put(picture.labels().get(j), picture.logits()[j]);
        }
        Map<String, Double> byLabel = new HashMap<>();
        picture.scores().forEach(score -> byLabel.put(score.label(), score.score()));
        Map<String, Double> scores = new LinkedHashMap<>();
        picture.labels().forEach(label -> scores.put(label, byLabel.get(label)));
        return JsonObject.empty()
                .with("file", picture.file().toString())
                .with("logits", logits)
                .with("scores", scores)
                .with(
                        "present",
                        picture.scores().stream()
                                .filter(LabelScore::present)
                                .map(LabelScore::label)
                                .toList());
    }
}
