package io.vit4j.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.infer.Decision;
import io.vit4j.infer.LabelScore;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
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
            "  vit4j predict --model tuned --json images/ > scores.jsonl"
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

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the tuned model.")
    private Path modelFolder;

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

    @Override
    public Integer call() {
        List<Path> files = PictureFiles.of(inputs);
        DecodeOptions decode = pictures.decode();
        Decision decision = plain ? Decision.PLAIN : Decision.read(modelFolder);
        try (VisionModel model = Pretrained.load(modelFolder, Pretrained.Options.asItIs(options.device()))
                .model()) {
            PictureFolder pictureFolder = new PictureFolder(files, decode, model, new ConcurrentHashMap<>());
            Predictor.Predicted predicted = new Predictor(model, options.settings())
                    .predict(pictureFolder, ImageTransform.none(), vit4j.progress());
            print(pictureFolder, model.definition(), predicted.prediction(), decision);
            return tellFaults(pictureFolder);
        }
    }

    /** Says which pictures could not be read; the exit code. */
    private int tellFaults(PictureFolder pictureFolder) {
        Map<Integer, String> faults = pictureFolder.faults();
        int pictures = pictureFolder.size();
        if (faults.size() == pictures) {
            throw new InputException(faults.get(0) + (pictures > 1 ? "; nor can any other of the " + pictures : ""));
        }
        for (int i = 0; i < pictures; i++) {
            if (faults.containsKey(i)) {
                Failures.say(spec.commandLine(), faults.get(i));
            }
        }
        return faults.isEmpty() ? 0 : SOME_NOT_READ;
    }

    /**
     * Pictures from files, decoded on demand; their labels are unknown.
     *
     * @param faults of those that cannot be read, by number; a black picture takes their place
     */
    private record PictureFolder(List<Path> files, DecodeOptions decode, VisionModel model, Map<Integer, String> faults)
            implements Dataset {
        @Override
        public int size() {
            return files.size();
        }

        @Override
        public Sample get(int index) {
            Path file = files.get(index);
            int outputs = model.definition().labels().size();
            ProblemType type = model.definition().problemType().orElseGet(() -> ProblemType.ofOutputs(outputs));
            float[] unknown = new float[type.labelCount(outputs)];
            Arrays.fill(unknown, Float.NaN);
            return new Sample(file.toString(), picture(index, file), unknown);
        }

        private Picture picture(int index, Path file) {
            try {
                return model.processor().apply(ImageDecoder.decode(file, decode));
            } catch (InputException e) {
                faults.put(index, e.getMessage());
                int width = model.processor().width();
                int height = model.processor().height();
                return new Picture(width, height, 1, new byte[width * height]);
            }
        }
    }

    private void print(
            PictureFolder pictureFolder, ModelDefinition config, EvalPrediction prediction, Decision decision) {
        PrintWriter out = spec.commandLine().getOut();
        int labels = config.labels().size();
        List<Path> files = pictureFolder.files();
        for (int i = 0; i < files.size(); i++) {
            if (pictureFolder.faults().containsKey(i)) {
                continue;
            }
            float[] logits = Arrays.copyOfRange(prediction.predictions(), i * labels, (i + 1) * labels);
            List<LabelScore> scores = decision.of(config, logits);
            if (json) {
                out.println(Json.line(line(files.get(i), config, logits, scores)));
            } else {
                out.println(files.get(i));
                scores.stream()
                        .limit(SHOWN)
                        .forEach(label -> out.printf(
                                Locale.ROOT,
                                "  %6.1f %% %s %s%n",
                                100 * label.score(),
                                label.present() ? "*" : " ",
                                label.label()));
            }
        }
        out.flush();
    }

    private static ObjectNode line(Path file, ModelDefinition config, float[] logits, List<LabelScore> scores) {
        ObjectNode line = Json.object();
        line.put("file", file.toString());
        ObjectNode raw = line.putObject("logits");
        for (int j = 0; j < logits.length; j++) {
            raw.put(config.labels().get(j), logits[j]);
        }
        ObjectNode probabilities = line.putObject("scores");
        for (String label : config.labels()) {
            scores.stream()
                    .filter(score -> score.label().equals(label))
                    .forEach(score -> probabilities.put(label, score.score()));
        }
        ArrayNode present = line.putArray("present");
        scores.stream().filter(LabelScore::present).map(LabelScore::label).forEach(present::add);
        return line;
    }
}
