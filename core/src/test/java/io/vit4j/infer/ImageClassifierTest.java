package io.vit4j.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ProblemType;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.model.Context;
import io.vit4j.model.Pretrained;
import io.vit4j.model.SmallModels;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class ImageClassifierTest {
    private static final String[] FINDINGS = {"Nodule", "Hernia", "Mass"};

    @TempDir
    Path folder;

    private Path checkpoint;
    private final List<Path> pictures = new ArrayList<>();

    @BeforeEach
    void writePictures() throws IOException {
        checkpoint = SmallModels.save(folder, ProblemType.MULTI_LABEL, FINDINGS);
        RandomKey.Stream random = RandomKey.of(5).stream();
        for (int i = 0; i < 6; i++) {
            int type = i % 2 == 0 ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY;
            BufferedImage image = new BufferedImage(30 + 7 * i, 50 - 3 * i, type);
            for (int y = 0; y < image.getHeight(); y++) {
                for (int x = 0; x < image.getWidth(); x++) {
                    for (int band = 0; band < image.getRaster().getNumBands(); band++) {
                        image.getRaster().setSample(x, y, band, random.nextInt(256));
                    }
                }
            }
            pictures.add(folder.resolve("picture-" + i + ".png"));
            ImageIO.write(image, "png", pictures.get(i).toFile());
        }
    }

    private static ImageClassifier.Options threads(int count) {
        return ImageClassifier.Options.defaults().withThreads(count);
    }

    /** Straight through the model, on one thread and without any of the classifier's parts. */
    private float[] plainLogits(Path file) {
        try (VisionModel model = Pretrained.load(checkpoint, Pretrained.Options.asItIs(Device.CPU))
                        .model();
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            Picture picture = model.processor().apply(ImageDecoder.decode(file));
            float[] pixels = new float[3 * 32 * 32];
            model.processor().normalise(picture, FloatBuffer.wrap(pixels), 3);
            return Tensors.toFloats(
                    new Walk(model.blocks()).infer(Tensors.of(pixels, 1, 3, 32, 32), Context.inference(weights)));
        }
    }

    private static double logit(List<LabelScore> scores, String label) {
        return scores.stream()
                .filter(score -> score.label().equals(label))
                .findFirst()
                .orElseThrow()
                .logit();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void scoresAreThoseOfThePlainWalkAloneAndTogether(int threads) {
        try (ImageClassifier classifier = ImageClassifier.load(checkpoint, threads(threads))) {
            List<Classification> together =
                    classifier.classifyAll(pictures.stream().map(ImageInput::of).toList());
            assertThat(classifier.labels()).containsExactly(FINDINGS);
            for (int i = 0; i < pictures.size(); i++) {
                float[] expected = plainLogits(pictures.get(i));
                List<LabelScore> alone = classifier.classify(pictures.get(i));
                assertThat(together.get(i).name()).isEqualTo(pictures.get(i).toString());
                assertThat(alone).extracting(LabelScore::score).isSortedAccordingTo((a, b) -> Double.compare(b, a));
                for (int j = 0; j < FINDINGS.length; j++) {
                    assertThat(logit(alone, FINDINGS[j])).isCloseTo(expected[j], within(1e-5));
                    assertThat(logit(together.get(i).orThrow(), FINDINGS[j])).isCloseTo(expected[j], within(1e-5));
                }
                for (LabelScore score : alone) {
                    assertThat(score.score()).isCloseTo(1 / (1 + Math.exp(-score.logit())), within(1e-12));
                    assertThat(score.present()).isEqualTo(score.logit() >= 0);
                }
            }
        }
    }

    @Test
    void filesBytesAndPicturesInMemoryAreClassifiedAlike() throws IOException {
        try (ImageClassifier classifier = ImageClassifier.load(checkpoint.toString(), threads(1))) {
            for (Path picture : pictures) {
                byte[] bytes = Files.readAllBytes(picture);
                List<LabelScore> ofFile = classifier.classify(picture);
                assertThat(classifier.classify(bytes)).isEqualTo(ofFile);
                assertThat(classifier.submit(ImageInput.of(picture)).join()).isEqualTo(ofFile);
                assertThat(classifier.classify(ImageIO.read(new ByteArrayInputStream(bytes))))
                        .isEqualTo(ofFile);
            }
        }
    }

    @Test
    void aPictureThatCannotBeReadSpoilsNoOther() throws IOException {
        Path broken = folder.resolve("broken.png");
        Files.write(broken, new byte[] {1, 2, 3});
        Path absent = folder.resolve("absent.png");
        try (ImageClassifier classifier = ImageClassifier.load(checkpoint, threads(2))) {
            List<Classification> all = classifier.classifyAll(List.of(
                    ImageInput.of(pictures.get(0)),
                    ImageInput.of(broken),
                    ImageInput.of("no picture", new byte[0]),
                    ImageInput.of(pictures.get(1)),
                    ImageInput.of(absent)));
            assertThat(all).extracting(one -> one.scores().size()).containsExactly(3, 0, 0, 3, 0);
            assertThat(all.get(1).fault().orElseThrow()).hasMessageStartingWith(broken.toString());
            assertThat(all.get(2).fault().orElseThrow()).hasMessageStartingWith("no picture");
            assertThat(all.get(4).fault().orElseThrow()).hasMessageContaining("no such file");
            assertThatThrownBy(() -> all.get(1).orThrow()).isInstanceOf(InputException.class);
            assertThatThrownBy(() -> classifier.classify(broken)).isInstanceOf(InputException.class);
            assertThatThrownBy(() -> classifier.submit(ImageInput.of(broken))).isInstanceOf(InputException.class);
            assertThat(logit(all.get(3).scores(), "Mass"))
                    .isCloseTo(logit(classifier.classify(pictures.get(1)), "Mass"), within(1e-5));
            assertThat(classifier.classifyAll(List.of())).isEmpty();
        }
    }

    @Test
    void longListsKeepTheirOrder() {
        try (ImageClassifier classifier = ImageClassifier.load(checkpoint, threads(2))) {
            List<ImageInput> many = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                many.add(ImageInput.of(pictures.get(i * 5 % 6)));
            }
            List<Classification> all = classifier.classifyAll(many);
            assertThat(all).hasSize(200);
            for (int i = 0; i < 200; i++) {
                assertThat(all.get(i).name()).isEqualTo(many.get(i).name());
                assertThat(logit(all.get(i).orThrow(), "Mass"))
                        .isCloseTo(logit(all.get(i % 6).orThrow(), "Mass"), within(1e-5));
            }
        }
    }

    @Test
    void manyThreadsGetTheSameAnswersAndLeaveNothingBehind() throws Exception {
        try (ImageClassifier classifier = ImageClassifier.load(checkpoint, threads(2))) {
            List<Double> expected = pictures.stream()
                    .map(picture -> logit(classifier.classify(picture), "Hernia"))
                    .toList();
            callFromManyThreads(classifier, expected, 10);
            long before = fewestPointers(0);
            callFromManyThreads(classifier, expected, 60);
            for (int alone = 0; alone < 100; alone++) {
                classifier.classify(pictures.get(alone % 6));
            }
            assertThat(fewestPointers(before + 20)).isLessThanOrEqualTo(before + 20);
        }
    }

    /** Callers have their answers a moment before the lanes let go of what they computed them with. */
    private static long fewestPointers(long enough) throws InterruptedException {
        long fewest = Pointer.totalCount();
        for (int look = 0; look < 50 && fewest > enough; look++) {
            Thread.sleep(10);
            fewest = Math.min(fewest, Pointer.totalCount());
        }
        return fewest;
    }

    private void callFromManyThreads(ImageClassifier classifier, List<Double> expected, int calls) throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(8);
        List<Future<?>> running = new ArrayList<>();
        for (int caller = 0; caller < 8; caller++) {
            int first = caller;
            running.add(callers.submit(() -> {
                for (int call = 0; call < calls; call++) {
                    int picture = (first + call) % pictures.size();
                    assertThat(logit(classifier.classify(pictures.get(picture)), "Hernia"))
                            .isCloseTo(expected.get(picture), within(1e-5));
                }
            }));
        }
        for (Future<?> one : running) {
            one.get();
        }
        callers.shutdown();
    }

    @Test
    void closingAnswersWhoWaitsAndRefusesWhoComesLater() throws Exception {
        ImageClassifier classifier = ImageClassifier.load(checkpoint, threads(2));
        ExecutorService callers = Executors.newFixedThreadPool(4);
        List<Future<String>> running = new ArrayList<>();
        for (int caller = 0; caller < 4; caller++) {
            running.add(callers.submit(() -> {
                while (true) {
                    try {
                        assertThat(classifier.classify(pictures.get(0))).hasSize(3);
                    } catch (IllegalStateException e) {
                        return e.getMessage();
                    }
                }
            }));
        }
        Thread.sleep(50);
        classifier.close();
        classifier.close();
        for (Future<String> caller : running) {
            assertThat(caller.get()).isEqualTo("this ImageClassifier is closed");
        }
        callers.shutdown();
        for (int i = 0; i < 3000 && ownThreads() > 0; i++) {
            Thread.sleep(20);
        }
        assertThat(ownThreads()).isZero();
    }

    private static long ownThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("vit4j-(lane|classifier).*"))
                .count();
    }

    @Test
    void callersWhoDoNotWaitGetTheSameAnswers() {
        try (ImageClassifier classifier =
                ImageClassifier.load(checkpoint, threads(1).withCapacity(2))) {
            Duration minute = Duration.ofMinutes(1);
            ImageInput first = ImageInput.of(pictures.get(0));
            assertThat(classifier.classifyAsync(first, minute).join()).isEqualTo(classifier.classify(first));
            List<Classification> two = classifier
                    .classifyAllAsync(List.of(first, ImageInput.of("broken", new byte[3])), minute)
                    .join();
            assertThat(logit(two.get(0).orThrow(), "Mass"))
                    .isCloseTo(logit(classifier.classify(first), "Mass"), within(1e-5));
            assertThat(two.get(1).fault().orElseThrow()).hasMessageStartingWith("broken");
            assertThatThrownBy(() -> classifier
                            .classifyAllAsync(List.of(first, first, first), minute)
                            .join())
                    .hasCauseInstanceOf(RejectedExecutionException.class);
            assertThatThrownBy(
                            () -> classifier.classifyAsync(first, Duration.ZERO).join())
                    .hasCauseInstanceOf(TimeoutException.class);
            List<Classification> tooFew = classifier
                    .classifyPreparedAsync(List.of(new float[5]), minute)
                    .join();
            assertThat(tooFew.get(0).fault().orElseThrow()).hasMessageContaining("3x32x32");
            assertThat(classifier.pending()).isZero();
        }
    }

    @Test
    void singleLabelModelsAreScoredBySoftmax() {
        Path single = SmallModels.save(folder.resolve("single"), ProblemType.SINGLE_LABEL, "cat", "dog", "owl");
        try (ImageClassifier classifier = ImageClassifier.load(single, threads(1))) {
            List<LabelScore> scores = classifier.classify(pictures.get(0));
            assertThat(scores.stream().mapToDouble(LabelScore::score).sum()).isCloseTo(1, within(1e-12));
            assertThat(scores.get(0).score() / scores.get(1).score())
                    .isCloseTo(Math.exp(scores.get(0).logit() - scores.get(1).logit()), within(1e-9));
            assertThat(scores).extracting(LabelScore::present).containsExactly(true, false, false);
        }
    }

    @Test
    void temperatureAndThresholdsOfTheCheckpointAreApplied() {
        new Decision(2, Map.of("Nodule", 0.0, "Hernia", 1.0)).write(DurableFiles.SYSTEM, checkpoint);
        try (ImageClassifier classifier = ImageClassifier.load(checkpoint, threads(1));
                ImageClassifier plain =
                        ImageClassifier.load(checkpoint, threads(1).withDecision(Decision.PLAIN))) {
            for (LabelScore score : classifier.classify(pictures.get(0))) {
                assertThat(score.score()).isCloseTo(1 / (1 + Math.exp(-score.logit() / 2)), within(1e-12));
                assertThat(score.present())
                        .isEqualTo(
                                switch (score.label()) {
                                    case "Nodule" -> true;
                                    case "Hernia" -> false;
                                    default -> score.logit() >= 0;
                                });
            }
            assertThat(logit(plain.classify(pictures.get(0)), "Mass"))
                    .isEqualTo(logit(classifier.classify(pictures.get(0)), "Mass"));
        }
    }

    @Test
    void aDecisionThatIsNoneIsNamed() throws IOException {
        for (String wrong : List.of(
                "{\"temperature\": 0}",
                "{\"temperature\": \"hot\"}",
                "{\"temperature\": NaN}",
                "{\"thresholds\": {\"Mass\": null}}",
                "[]")) {
            Files.writeString(checkpoint.resolve(Decision.FILE), wrong);
            assertThatThrownBy(() -> ImageClassifier.load(checkpoint))
                    .as(wrong)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(Decision.FILE);
        }
    }

    @Test
    void whatIsNoTunedCheckpointIsNamed() {
        assertThatThrownBy(() -> ImageClassifier.load(folder.resolve("nowhere")))
                .isInstanceOf(InputException.class);
        assertThatThrownBy(() -> ImageClassifier.load("./nowhere", threads(1))).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> threads(0)).isInstanceOf(InputException.class);
    }
}
