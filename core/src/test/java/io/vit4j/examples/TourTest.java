package io.vit4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.Evaluated;
import io.vit4j.Tuned;
import io.vit4j.Vit4j;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.DataFolder;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Problems;
import io.vit4j.data.Split;
import io.vit4j.data.augment.Augmentation;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.Classification;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.ImageInput;
import io.vit4j.infer.LabelScore;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.SingleLabelMetrics;
import io.vit4j.model.Pretrained;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.train.Trainer;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArguments.Strategy;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tour of docs/java-api.md, from a folder of pictures to predictions. */
class TourTest {
    @TempDir
    Path folder;

    static double wholeJob(Path photos, Path checkpoint, Path output) {
        Tuned tuned = Vit4j.fineTune(checkpoint)
                .replaceClassifier(true) // the checkpoint's is for other labels
                .on(photos, prepare -> prepare.split(Split.byFraction(0.2, 0.1, Split.By.IMAGE, 42)))
                .epochs(6)
                .learningRate(2e-3)
                .arguments(more -> more.perDeviceTrainBatchSize(8).evalStrategy(Strategy.EPOCH))
                .output(output)
                .run(Progress.NONE);
        Evaluated test = Vit4j.evaluate(tuned.folder())
                .on(output.resolveSibling(output.getFileName() + "-dataset"))
                .split(Split.TEST)
                .run(Progress.NONE)
                .orElseThrow();
        return test.metrics().get("eval_accuracy");
    }

    static void prepare(Path photos, Path checkpoint, Path dataset) {
        Problems problems = new Problems();
        try (DataFolder data = DataFolder.builder(photos).problems(problems).open()) {
            PrepareDataset.builder(data.labels(), data.images(), dataset)
                    .problems(problems)
                    .split(Split.byFraction(0.2, 0.1, Split.By.IMAGE, 42))
                    .processor(ImageProcessor.read(checkpoint), DecodeOptions.DEFAULT)
                    .run(Progress.NONE);
        }
    }

    static Metrics fineTune(Path dataset, Path checkpoint, Path output) {
        TrainingArguments arguments = TrainingArguments.builder()
                .outputDir(output)
                .learningRate(2e-3)
                .numTrainEpochs(6)
                .perDeviceTrainBatchSize(8)
                .evalStrategy(Strategy.EPOCH)
                .saveStrategy(Strategy.EPOCH)
                .loadBestModelAtEnd(true)
                .metricForBestModel("accuracy")
                .build();
        try (ArrowDataset data = ArrowDataset.open(dataset);
                VisionModel model = Pretrained.load(
                                checkpoint,
                                new Pretrained.Options(
                                        Device.CPU,
                                        Optional.of(data.labels().names()),
                                        Optional.of(data.info().problemType()),
                                        true, // the checkpoint's classifier is for other labels
                                        arguments.seed()))
                        .model();
                Trainer trainer = Trainer.builder(model, arguments)
                        .trainDataset(data.split(Split.TRAIN))
                        .evalDataset(data.split(Split.VALIDATION))
                        .transforms(Augmentation.parse("crop-flip").transform(data.info()), CentreCrop.of(data.info()))
                        .metrics(new SingleLabelMetrics(data.labels().names()))
                        .build()) {
            trainer.saveMetrics("train", trainer.train());
            Metrics evaluated = trainer.evaluate();
            trainer.saveMetrics("eval", evaluated);
            trainer.saveModel();
            return evaluated;
        }
    }

    static List<String> classify(Path tuned, List<Path> pictures) {
        List<String> answers = new ArrayList<>();
        try (ImageClassifier classifier = ImageClassifier.load(tuned)) {
            List<LabelScore> one = classifier.classify(pictures.get(0));
            answers.add(one.get(0).label() + " with probability " + one.get(0).score());

            for (Classification each :
                    classifier.classifyAll(pictures.stream().map(ImageInput::of).toList())) {
                answers.add(each.fault()
                        .map(fault -> "not read: " + fault.getMessage())
                        .orElseGet(() -> each.scores().get(0).label()));
            }
        }
        return answers;
    }

    @Test
    void fromAFolderOfPicturesToPredictions() throws IOException {
        Path photos = folder.resolve("photos");
        draw(photos, "night", 10);
        draw(photos, "day", 200);
        Path checkpoint =
                SmallModels.save(folder.resolve("checkpoint"), ProblemType.SINGLE_LABEL, "these", "are", "others");

        prepare(photos, checkpoint, folder.resolve("dataset"));
        Metrics evaluated = fineTune(folder.resolve("dataset"), checkpoint, folder.resolve("tuned"));
        assertThat(evaluated.get("eval_accuracy")).isEqualTo(1);

        assertThat(wholeJob(photos, checkpoint, folder.resolve("again"))).isEqualTo(1);

        Path broken = Files.write(folder.resolve("broken.png"), new byte[10]);
        List<String> answers = classify(
                folder.resolve("tuned"), List.of(photos.resolve("day/3.png"), photos.resolve("night/7.png"), broken));
        assertThat(answers.get(0)).startsWith("day with probability 0.");
        assertThat(answers.subList(1, 3)).containsExactly("day", "night");
        assertThat(answers.get(3)).startsWith("not read: " + broken);
    }

    private static void draw(Path photos, String label, int brightness) throws IOException {
        Files.createDirectories(photos.resolve(label));
        for (int i = 0; i < 24; i++) {
            BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
            Graphics2D pen = image.createGraphics();
            pen.setColor(new Color(brightness + i, brightness + 2 * i, brightness));
            pen.fillRect(0, 0, 40, 40);
            pen.dispose();
            ImageIO.write(
                    image, "png", photos.resolve(label).resolve(i + ".png").toFile());
        }
    }

    /** What stands in the page's code blocks stands in these compiled examples. */
    @Test
    void everyCodeBlockOfTheJavaPageIsCompiled() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve("cli"))) {
            root = root.getParent();
        }
        StringBuilder sources = new StringBuilder();
        try (Stream<Path> examples =
                Files.list(root.resolve("core/src/test/java/io/vit4j/examples")).sorted()) {
            for (Path example : examples.toList()) {
                sources.append(withoutIndent(Files.readString(example)));
            }
        }
        String page = Files.readString(root.resolve("docs/java-api.md"));
        List<String> blocks = new ArrayList<>();
        for (int from = page.indexOf("```java\n"); from >= 0; from = page.indexOf("```java\n", from)) {
            int end = page.indexOf("```", from + 8);
            blocks.add(page.substring(from + 8, end));
            from = end;
        }
        assertThat(blocks).hasSizeGreaterThan(5);
        for (String block : blocks) {
            assertThat(sources.toString()).contains(withoutIndent(block));
        }
    }

    private static String withoutIndent(String text) {
        return text.lines().map(String::strip).reduce("", (all, line) -> all + line + "\n");
    }
}
