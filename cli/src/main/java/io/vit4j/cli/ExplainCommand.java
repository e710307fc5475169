package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.base.TerminalText;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.infer.Decision;
import io.vit4j.infer.Explanation;
import io.vit4j.infer.Localisation;
import io.vit4j.infer.NihBoxes;
import io.vit4j.infer.PointingGame;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.options.PictureOptions;
import io.vit4j.report.Overlay;
import io.vit4j.torch.Device;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vit4j explain}: where a tuned model looked in a picture. */
@Command(
        name = "explain",
        description = "Draws a map over a picture that shows where a tuned model looked.",
        footer = {
            "",
            "The map shows what moved the score, not whether the score is right.",
            "",
            "Examples:",
            "  vit4j explain --model tuned chest.png --label Effusion --output effusion.png",
            "  vit4j explain --model tuned images/00013118_008.png --label Atelectasis --boxes BBox_List_2017.csv",
            "  vit4j explain --model tuned images/ --boxes BBox_List_2017.csv     (all pictures that have boxes)"
        },
        sortOptions = false)
final class ExplainCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the tuned model.")
    private Path modelFolder;

    @Parameters(
            paramLabel = "IMAGE|FOLDER",
            arity = "1..*",
            description = "The picture. With --boxes, several pictures or folders are allowed: the marked findings of"
                    + " each picture are explained, and scores are printed instead of drawing pictures.")
    private List<Path> images;

    @Option(
            names = "--label",
            paramLabel = "L",
            description = "The label whose score is explained. Default: the most probable one.")
    private Optional<String> label;

    @Option(
            names = "--output",
            paramLabel = "PNG",
            description =
                    "File for the picture with the map over it, at full resolution. Default: the name of IMAGE plus"
                            + " -explained.png, in the current folder.")
    private Optional<Path> output;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description =
                    "rollout (attention weighted by the label's gradient), attention-rollout (attention alone, the same"
                            + " for every label), grad-cam or gradient-input. Default: rollout if every token of the model"
                            + " attends to every other, else grad-cam.")
    private Optional<String> method;

    @Option(
            names = "--boxes",
            paramLabel = "FILE",
            description = "BBox_List_2017.csv of NIH ChestX-ray14. Also print how well the map finds its boxes.")
    private Optional<Path> boxes;

    @Mixin
    private PictureOptions pictures;

    @Override
    public void run() {
        pictures.decode(); // reports wrong options before the model is read
        Optional<Explanation.Method> asked = method.map(Explanation.Method::parse);
        Optional<NihBoxes> marked = boxes.map(NihBoxes::read);
        List<Path> files = PictureFiles.of(images);
        if (files.size() > 1 && (marked.isEmpty() || output.isPresent())) {
            throw new InputException(
                    "only one picture can be drawn at a time; to score several, give --boxes and leave out --output");
        }
        Decision decision = Decision.read(modelFolder);
        try (VisionModel model = Pretrained.load(modelFolder, Pretrained.Options.asItIs(Device.CPU))
                        .model();
                Explanation explanation = new Explanation(model)) {
            Explanation.Method how = asked.orElseGet(() -> Explanation.Method.usual(model.definition()));
            if (files.size() > 1) {
                score(files, marked.orElseThrow(), model, explanation, how);
            } else {
                draw(files.get(0), marked, model, explanation, how, decision);
            }
        }
    }

    private void draw(
            Path image,
            Optional<NihBoxes> marked,
            VisionModel model,
            Explanation explanation,
            Explanation.Method how,
            Decision decision) {
        Picture original = ImageDecoder.decode(image, pictures.decode());
        Picture picture = model.processor().apply(original);
        List<String> labels = model.definition().labels();
        int number = label.map(name -> number(labels, name)).orElseGet(() -> likeliest(explanation, picture));
        Explanation.Explained explained = explanation.of(picture, number, how);
        ImageProcessor.Region seen = model.processor().seen(original.height(), original.width());
        Path png = output.orElseGet(() -> Path.of(nameWithoutEnding(image) + "-explained.png"));
        Overlay.write(png.toAbsolutePath(), original, seen, explained.heatmap());
        print(model, explained, number, png, decision);
        marked.ifPresent(b -> locate(
                b.of(image.getFileName().toString(), labels.get(number)),
                labels.get(number),
                original,
                seen,
                explained));
    }

    /** The pointing game over all of the pictures' boxes whose labels the model knows. */
    private void score(
            List<Path> files, NihBoxes marked, VisionModel model, Explanation explanation, Explanation.Method how) {
        PointingGame game = new PointingGame();
        List<String> labels = model.definition().labels();
        Optional<Integer> only = label.map(name -> number(labels, name));
        for (Path file : files) {
            List<Integer> here = IntStream.range(0, labels.size())
                    .filter(j -> only.isEmpty() || only.get() == j)
                    .filter(j -> !marked.of(file.getFileName().toString(), labels.get(j))
                            .isEmpty())
                    .boxed()
                    .toList();
            if (!here.isEmpty()) {
                Picture original = ImageDecoder.decode(file, pictures.decode());
                Picture picture = model.processor().apply(original);
                ImageProcessor.Region seen = model.processor().seen(original.height(), original.width());
                for (int j : here) {
                    game.add(
                            labels.get(j),
                            Localisation.of(
                                    explanation.of(picture, j, how).heatmap(),
                                    original.height(),
                                    original.width(),
                                    seen,
                                    marked.of(file.getFileName().toString(), labels.get(j))));
                }
            }
        }
        print(game);
    }

    private void print(PointingGame game) {
        PrintWriter out = spec.commandLine().getOut();
        if (game.scores().isEmpty()) {
            out.println("None of these pictures has a box in the list.");
        } else {
            out.printf(Locale.ROOT, "  %-20s %8s  %-28s %8s%n", "label", "pictures", "peak in a box (95%)", "mean IoU");
            game.scores()
                    .forEach((name, score) -> out.printf(
                            Locale.ROOT,
                            "  %-20s %8d  %.3f [%.3f, %.3f]         %8.3f%n",
                            TerminalText.of(name),
                            score.hits().trials(),
                            score.hits().value(),
                            score.hits().low(),
                            score.hits().high(),
                            score.meanIou()));
        }
        out.flush();
    }

    private int number(List<String> labels, String name) {
        for (int j = 0; j < labels.size(); j++) {
            if (labels.get(j).equalsIgnoreCase(name)) {
                return j;
            }
        }
        throw new InputException("--label " + name + ": the model has " + String.join(", ", labels));
    }

    private static int likeliest(Explanation explanation, Picture picture) {
        float[] logits = explanation.logits(picture);
        int best = 0;
        for (int j = 1; j < logits.length; j++) {
            best = logits[j] > logits[best] ? j : best;
        }
        return best;
    }

    private void print(VisionModel model, Explanation.Explained explained, int number, Path png, Decision decision) {
        String name = model.definition().labels().get(number);
        double score = decision.of(model.definition(), explained.logits()).stream()
                .filter(label -> label.label().equals(name))
                .findFirst()
                .orElseThrow()
                .score();
        PrintWriter out = spec.commandLine().getOut();
        out.printf(Locale.ROOT, "%s: %.1f %%%n", TerminalText.of(name), 100 * score);
        out.println(TerminalText.of(png.toString()));
        out.flush();
    }

    private void locate(
            List<NihBoxes.Box> here,
            String name,
            Picture original,
            ImageProcessor.Region seen,
            Explanation.Explained explained) {
        PrintWriter out = spec.commandLine().getOut();
        if (here.isEmpty()) {
            out.println("No box for " + TerminalText.of(name) + " in this picture.");
        } else {
            Localisation found = Localisation.of(explained.heatmap(), original.height(), original.width(), seen, here);
            out.printf(
                    Locale.ROOT,
                    "Against %d box%s: the map's peak is %s, IoU %.3f%n",
                    here.size(),
                    here.size() == 1 ? "" : "es",
                    found.hit() ? "inside" : "outside",
                    found.iou());
        }
        out.flush();
    }

    private static String nameWithoutEnding(Path image) {
        String name = image.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }
}
