package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.Classification;
import io.vit4j.infer.Decision;
import io.vit4j.infer.Ensemble;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.ImageInput;
import io.vit4j.infer.LabelScore;
import io.vit4j.infer.TestTimeAugmentation;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several models, and several views, through the facade. */
class EnsembleTest {
    /** What predict enlarges a picture to for a model of 32: 8/7, rounded up; a picture of that size stays as it is. */
    private static final int STORED = 37;

    private static final int SIZE = 32;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path dataset;
    private static Path a;
    private static Path b;

    /** Models that were never trained: what they say is as good as anything to be averaged. */
    @BeforeAll
    static void prepare() throws IOException {
        dataset = shared.resolve("dataset");
        PatientPictures.prepare(shared.resolve("pictures"), dataset, 5);
        a = save("a", SIZE, 1, "dark", "light");
        b = save("b", SIZE / 2, 2, "light", "dark"); // other pictures, and labels in another order
    }

    private static Path save(String name, int side, long seed, String... labels) throws IOException {
        Path saved = Files.createDirectories(shared.resolve(name));
        ModelDefinition definition = ModelDefinition.of(
                        SmallModels.vit(16, 2, 2, 24, side, 8).with("initializer_range", 0.5))
                .withLabels(List.of(labels), ProblemType.SINGLE_LABEL);
        try (VisionModel model = VisionModel.fromScratch(
                definition, ImageProcessor.defaults().withSize(side, side), TestDevice.here(), seed, weight -> true)) {
            model.save(DurableFiles.SYSTEM, saved);
        }
        return saved;
    }

    private static EvalPrediction kept(Path model, String split) {
        return SplitPredictions.read(model, split).orElseThrow().prediction();
    }

    @Test
    void anEnsembleAveragesProbabilitiesWithWeightsFittedOnValidation() {
        Path both = folder.resolve("both");
        Evaluated test = Vit4j.evaluate(List.of(a, b))
                .on(dataset)
                .split(Split.TEST)
                .ensembleWeights("fitted")
                .output(both)
                .run(Progress.NONE)
                .orElseThrow();
        Ensemble ensemble = Ensemble.read(both).orElseThrow();
        assertThat(ensemble.models()).containsExactly(a, b);
        assertThat(ensemble.weights().stream().mapToDouble(Double::doubleValue).sum())
                .isCloseTo(1, within(1e-9));
        assertThat(test.metrics().get("eval_loss"))
                .isCloseTo(kept(both, Split.TEST).meanLoss(), within(1e-9));

        Path given = folder.resolve("given");
        Vit4j.evaluate(List.of(a, b))
                .on(dataset)
                .split(Split.TEST)
                .ensembleWeights("0.3,0.7")
                .output(given)
                .run(Progress.NONE);
        Vit4j.evaluate(a).on(dataset).split(Split.TEST).run(Progress.NONE);
        EvalPrediction ofA = kept(a, Split.TEST).softmax();
        EvalPrediction pooled = kept(given, Split.TEST).softmax();
        List<Path> files = SplitPredictions.read(given, Split.TEST).orElseThrow().predictions().files().stream()
                .map(file -> shared.resolve("pictures").resolve(file))
                .toList();
        List<PredictRequest.Scored> ofB =
                Vit4j.predict(b).plainScores().run(files, Progress.NONE); // it reduces 32x32 to 16x16 itself
        for (int i = 0; i < files.size(); i++) {
            double expected = 0.3 * ofA.predictions()[2 * i + 1]
                    + 0.7 * probability(ofB.get(i).scores(), "light");
            assertThat(pooled.predictions()[2 * i + 1]).isCloseTo((float) expected, within(1e-5f));
        }
        ImageClassifier.Options plain = ImageClassifier.Options.defaults().withDecision(Decision.PLAIN);
        try (ImageClassifier classifier = ImageClassifier.load(given.toString(), plain)) {
            assertThat(classifier.labels()).containsExactly("dark", "light");
            List<Classification> classified =
                    classifier.classifyAll(files.stream().map(ImageInput::of).toList());
            for (int i = 0; i < files.size(); i++) {
                assertThat(probability(classified.get(i).scores(), "light"))
                        .isCloseTo((double) pooled.predictions()[2 * i + 1], within(1e-5));
            }
        }

        Vit4j.evaluate(both).on(dataset).run(Progress.NONE); // validation, with the weights that were kept
        double fitted = kept(both, Split.VALIDATION).meanLoss();
        for (String other : List.of("equal", "1,0", "0,1")) {
            Path otherwise = folder.resolve(other);
            Vit4j.evaluate(List.of(a, b))
                    .on(dataset)
                    .ensembleWeights(other)
                    .output(otherwise)
                    .run(Progress.NONE);
            assertThat(fitted)
                    .isLessThanOrEqualTo(kept(otherwise, Split.VALIDATION).meanLoss() + 1e-6);
        }
        JsonObject how = JsonObject.read(Evaluation.file(both, Split.TEST)).object("predicted_by");
        assertThat(how.text("weights")).isEqualTo("fitted");
        assertThat(how.objects("models").get(1).text("model")).isEqualTo("b");
        assertThat(SplitPredictions.read(both, Split.TEST)
                        .orElseThrow()
                        .method()
                        .weights())
                .isEqualTo(ensemble.weights());

        PredictRequest.Scored scored =
                Vit4j.predict(both).run(files.subList(0, 1), Progress.NONE).get(0);
        assertThat(scored.labels()).containsExactly("dark", "light");
        assertThat(scored.logits()[0]).isLessThan(0); // the logarithm of a probability
    }

    private static double probability(List<LabelScore> scores, String label) {
        return scores.stream()
                .filter(score -> score.label().equals(label))
                .findFirst()
                .orElseThrow()
                .score();
    }

    @Test
    void viewsAreAveragedWhetherPicturesComeFromFilesOrFromADataSet() throws IOException {
        Path picture = folder.resolve("picture.png");
        BufferedImage image = new BufferedImage(STORED, STORED, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(3);
        image.setRGB(0, 0, STORED, STORED, random.ints(STORED * STORED).toArray(), 0, STORED);
        ImageIO.write(image, "png", picture.toFile());
        int margin = STORED - SIZE;
        int middle = (int) Math.rint(margin / 2.0);
        List<Path> views = new ArrayList<>();
        for (int[] corner : new int[][] {{middle, middle}, {0, 0}, {margin, 0}, {0, margin}, {margin, margin}}) {
            BufferedImage part = image.getSubimage(corner[0], corner[1], SIZE, SIZE);
            BufferedImage mirrored = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < SIZE; y++) {
                for (int x = 0; x < SIZE; x++) {
                    mirrored.setRGB(SIZE - 1 - x, y, part.getRGB(x, y));
                }
            }
            for (BufferedImage view : List.of(part, mirrored)) {
                views.add(folder.resolve("view-" + views.size() + ".png"));
                ImageIO.write(view, "png", views.get(views.size() - 1).toFile());
            }
        }
        double[] expected = new double[2];
        for (PredictRequest.Scored view : Vit4j.predict(a).run(views, Progress.NONE)) {
            expected[0] += view.logits()[0] / views.size();
            expected[1] += view.logits()[1] / views.size();
        }
        TestTimeAugmentation tta = TestTimeAugmentation.parse("flip,crops");
        float[] logits = Vit4j.predict(a)
                .tta(tta)
                .run(List.of(picture), Progress.NONE)
                .get(0)
                .logits();
        for (int j = 0; j < 2; j++) {
            assertThat((double) logits[j]).isCloseTo(expected[j], within(1e-5));
        }
        try (ImageClassifier classifier = ImageClassifier.load(
                a, ImageClassifier.Options.defaults().withThreads(2).withTta(tta))) {
            List<LabelScore> scores = classifier.classify(picture);
            scores = scores.stream()
                    .sorted(Comparator.comparing(LabelScore::label))
                    .toList();
            assertThat(scores.get(0).logit()).isCloseTo(expected[0], within(1e-5));
        }

        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        for (String label : List.of("dark", "light")) {
            Files.copy(picture, Files.createDirectories(pictures.resolve(label)).resolve(label + ".png"));
        }
        Path stored = folder.resolve("stored");
        Vit4j.prepare(pictures)
                .imageSize(SIZE, SIZE)
                .storeSize(STORED)
                .split(Split.byFraction(0.5, 0, Split.By.IMAGE, 1))
                .output(stored)
                .run(Progress.NONE);
        Path model = save("c", SIZE, 1, "dark", "light");
        Evaluated evaluated =
                Vit4j.evaluate(model).on(stored).tta(tta).run(Progress.NONE).orElseThrow();
        for (int j = 0; j < 2; j++) {
            assertThat((double) kept(model, Split.VALIDATION).predictions()[j]).isCloseTo(expected[j], within(1e-5));
        }
        assertThat(evaluated.evaluation().measured().method().sentence())
                .isEqualTo("Logits are means over 10 views of each picture (flip,crops).");
        Vit4j.evaluate(model)
                .on(stored)
                .tta(TestTimeAugmentation.parse("scales"))
                .run(Progress.NONE);
        assertThat(SplitPredictions.read(model, Split.VALIDATION)
                        .orElseThrow()
                        .method()
                        .views())
                .isEqualTo(3);
    }

    @Test
    void whatThePicturesOrTheModelsDoNotAllowIsSaid() throws IOException {
        assertThatThrownBy(() -> Vit4j.evaluate(a)
                        .on(dataset)
                        .tta(TestTimeAugmentation.parse("crops"))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--tta crops needs pictures larger than the model's 32x32, but they are 32x32")
                .hasMessageContaining("--store-size 37");
        assertThatThrownBy(() -> TestTimeAugmentation.parse("flip,zoom"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("\"zoom\" is no kind of view");
        assertThatThrownBy(() -> Vit4j.evaluate(List.of(a, b)).on(dataset).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("name a folder for it with --output");
        assertThatThrownBy(() ->
                        Vit4j.predict(List.of(a, b)).ensembleWeights("fitted").run(List.of(), Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("weights are fitted by evaluate");
        assertThatThrownBy(() ->
                        Vit4j.predict(List.of(a, b)).ensembleWeights("0.5,0.6").run(List.of(), Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("their sum must be 1");
        assertThatThrownBy(() -> Vit4j.evaluate(List.of(b, save("d", 64, 1, "dark", "light")))
                        .on(dataset)
                        .output(folder.resolve("out"))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("holds pictures prepared as 32x32");
        Path unlike = folder.resolve("unlike");
        Files.createDirectories(unlike);
        Ensemble.equal(List.of(a, save("e", SIZE, 1, "dark", "grey"))).write(DurableFiles.SYSTEM, unlike);
        assertThatThrownBy(() -> ImageClassifier.load(unlike))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("models of an ensemble need the same labels");
    }
}
