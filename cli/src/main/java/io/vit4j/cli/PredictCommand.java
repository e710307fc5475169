package io.vit4j.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.Pretrained;
import io.vit4j.model.ViTForImageClassification;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
            "Examples:",
            "  vit4j predict --model tuned chest.png",
            "  vit4j predict --model tuned --json images/ > scores.jsonl"
        },
        sortOptions = false)
final class PredictCommand implements Runnable {
    private static final Set<String> ENDINGS = Set.of("png", "jpg", "jpeg", "bmp", "gif", "tif", "tiff");
    private static final int SHOWN = 5;

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the tuned model.")
    private Path modelFolder;

    @Option(names = "--json", description = "One JSON object a line: file, logits, scores.")
    private boolean json;

    @Parameters(paramLabel = "IMAGE|FOLDER", arity = "1..*", description = "Pictures, or folders of pictures.")
    private List<Path> inputs;

    @Mixin
    private ModelOptions options;

    @Override
    public void run() {
        List<Path> files = files();
        try (ViTForImageClassification model = Pretrained.load(modelFolder, Pretrained.Options.asItIs(options.device()))
                .model()) {
            Predictor.Predicted predicted = new Predictor(model, options.settings())
                    .predict(new Pictures(files, model), ImageTransform.none(), vit4j.progress());
            print(files, model, predicted.prediction());
        }
    }

    /** Pictures from files, decoded when they are asked for; nothing is known of their labels. */
    private record Pictures(List<Path> files, ViTForImageClassification model) implements Dataset {
        @Override
        public int size() {
            return files.size();
        }

        @Override
        public Sample get(int index) {
            Path file = files.get(index);
            boolean single = model.config().problemType().equals(java.util.Optional.of(ProblemType.SINGLE_LABEL));
            float[] unknown = new float[single ? 1 : model.config().labels().size()];
            Arrays.fill(unknown, Float.NaN);
            return new Sample(
                    file.toString(),
                    model.processor().apply(ImageDecoder.decode(file, DecodeOptions.DEFAULT)),
                    unknown);
        }
    }

    private List<Path> files() {
        List<Path> files = new ArrayList<>();
        for (Path input : inputs) {
            if (Files.isDirectory(input)) {
                List<Path> found;
                try (Stream<Path> below = Files.walk(input)) {
                    found = below.filter(Files::isRegularFile)
                            .filter(PredictCommand::isPicture)
                            .sorted(Comparator.naturalOrder())
                            .toList();
                } catch (IOException | UncheckedIOException e) {
                    throw InputException.in(
                            input, "cannot be listed (" + e.getMessage() + "); check its permissions", e);
                }
                if (found.isEmpty()) {
                    throw InputException.in(input, "holds no pictures (" + String.join(", ", ENDINGS) + ")");
                }
                files.addAll(found);
            } else if (Files.isRegularFile(input)) {
                files.add(input);
            } else {
                throw InputException.in(input, "no such file; check the path");
            }
        }
        return files;
    }

    private static boolean isPicture(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1));
    }

    private void print(List<Path> files, ViTForImageClassification model, EvalPrediction prediction) {
        PrintWriter out = spec.commandLine().getOut();
        List<String> labels = model.config().labels();
        float[] scores = prediction.probabilities().predictions();
        for (int i = 0; i < files.size(); i++) {
            int row = i * labels.size();
            if (json) {
                ObjectNode line = Json.object();
                line.put("file", files.get(i).toString());
                ObjectNode logits = line.putObject("logits");
                ObjectNode probabilities = line.putObject("scores");
                for (int j = 0; j < labels.size(); j++) {
                    logits.put(labels.get(j), prediction.predictions()[row + j]);
                    probabilities.put(labels.get(j), scores[row + j]);
                }
                out.println(Json.line(line));
            } else {
                out.println(files.get(i));
                IntStream.range(0, labels.size())
                        .boxed()
                        .sorted(Comparator.comparingDouble(j -> -scores[row + j]))
                        .limit(SHOWN)
                        .forEach(
                                j -> out.printf(Locale.ROOT, "  %6.1f %%  %s%n", 100 * scores[row + j], labels.get(j)));
            }
        }
        out.flush();
    }
}
