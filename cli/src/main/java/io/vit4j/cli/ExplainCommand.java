package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.infer.Explanation;
import io.vit4j.infer.Localisation;
import io.vit4j.infer.NihBoxes;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.Pretrained;
import io.vit4j.model.ViTForImageClassification;
import io.vit4j.report.Overlay;
import io.vit4j.torch.Device;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vit4j explain}: where a tuned model looked in a picture. */
@Command(
        name = "explain",
        description = "Draws over a picture where a tuned model looked.",
        footer = {
            "",
            "It shows what moved the score, not why the score is right.",
            "",
            "Examples:",
            "  vit4j explain --model tuned chest.png --label Effusion --output effusion.png",
            "  vit4j explain --model tuned images/00013118_008.png --label Atelectasis --boxes BBox_List_2017.csv"
        },
        sortOptions = false)
final class ExplainCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the tuned model.")
    private Path modelFolder;

    @Parameters(paramLabel = "IMAGE", description = "The picture.")
    private Path image;

    @Option(names = "--label", paramLabel = "L", description = "Which label's score. Default: the most probable one.")
    private Optional<String> label;

    @Option(
            names = "--output",
            paramLabel = "PNG",
            description = "The picture with the map over it, at its full resolution. Default: IMAGE's name and"
                    + " -explained.png, in the current folder.")
    private Optional<Path> output;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            defaultValue = "gradient-rollout",
            description = "attention-rollout (the same for every label), gradient-rollout or gradient-x-input. Default:"
                    + " ${DEFAULT-VALUE}.")
    private String method;

    @Option(
            names = "--boxes",
            paramLabel = "FILE",
            description = "BBox_List_2017.csv of NIH ChestX-ray14: also print how well the map finds its boxes.")
    private Optional<Path> boxes;

    @Override
    public void run() {
        Explanation.Method how = Explanation.Method.parse(method);
        Optional<NihBoxes> marked = boxes.map(NihBoxes::read);
        try (ViTForImageClassification model = Pretrained.load(modelFolder, Pretrained.Options.asItIs(Device.CPU))
                        .model();
                Explanation explanation = new Explanation(model)) {
            Picture original = ImageDecoder.decode(image, DecodeOptions.DEFAULT);
            Picture picture = model.processor().apply(original);
            List<String> labels = model.config().labels();
            int number = label.map(name -> number(labels, name)).orElseGet(() -> likeliest(explanation, picture));
            Explanation.Explained explained = explanation.of(picture, number, how);
            ImageProcessor.Region seen = model.processor().seen(original.height(), original.width());
            Path png = output.orElseGet(() -> Path.of(nameWithoutEnding() + "-explained.png"));
            Overlay.write(png.toAbsolutePath(), original, seen, explained.heatmap());
            print(model, explained, number, png);
            marked.ifPresent(b -> locate(b, labels.get(number), original, seen, explained));
        }
    }

    private int number(List<String> labels, String name) {
        for (int j = 0; j < labels.size(); j++) {
            if (labels.get(j).equalsIgnoreCase(name)) {
                return j;
            }
        }
        throw new InputException("--label " + name + ": the model knows " + String.join(", ", labels));
    }

    private static int likeliest(Explanation explanation, Picture picture) {
        float[] logits =
                explanation.of(picture, 0, Explanation.Method.ATTENTION_ROLLOUT).logits();
        int best = 0;
        for (int j = 1; j < logits.length; j++) {
            best = logits[j] > logits[best] ? j : best;
        }
        return best;
    }

    private void print(ViTForImageClassification model, Explanation.Explained explained, int number, Path png) {
        float[] logits = explained.logits();
        boolean single = model.config().problemType().equals(Optional.of(io.vit4j.data.ProblemType.SINGLE_LABEL));
        float[] unknown = new float[single ? 1 : logits.length];
        java.util.Arrays.fill(unknown, Float.NaN);
        float probability = new EvalPrediction(1, logits.length, logits, unknown)
                .probabilities()
                .predictions()[number];
        PrintWriter out = spec.commandLine().getOut();
        out.printf(Locale.ROOT, "%s: %.1f %%%n", model.config().labels().get(number), 100 * probability);
        out.println(png);
        out.flush();
    }

    private void locate(
            NihBoxes marked,
            String name,
            Picture original,
            ImageProcessor.Region seen,
            Explanation.Explained explained) {
        PrintWriter out = spec.commandLine().getOut();
        List<NihBoxes.Box> here = marked.of(image.getFileName().toString(), name);
        if (here.isEmpty()) {
            out.println("No box of " + name + " in this picture.");
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

    private String nameWithoutEnding() {
        String name = image.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }
}
