package io.vit4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.Dataset;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.Picture;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.SingleLabelMetrics;
import io.vit4j.model.Parameters;
import io.vit4j.model.Pretrained;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArguments.Strategy;
import io.vit4j.train.checkpoint.LogEntry;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.optimizer.Optimizer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's own parts in the place of the library's; docs/java-api.md shows them. */
class OwnPartsTest {
    private static final List<String> LAMPS = List.of("off", "on");

    @TempDir
    Path output;

    /** Pictures taken with a lamp on or off; they could as well come from a database. */
    record LampPictures(int size, long seed) implements Dataset {
        @Override
        public Sample get(int index) {
            RandomKey.Stream random = RandomKey.of(seed).with(index).stream();
            int lamp = random.nextInt(2);
            byte[] pixels = new byte[32 * 32];
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) (random.nextInt(128) + 60 * lamp);
            }
            return new Sample("row " + index, new Picture(32, 32, 1, pixels), new float[] {lamp});
        }
    }

    /** Turns pictures upside down every other time, by the key alone. */
    static final ImageTransform UPSIDE_DOWN = (picture, key) -> {
        if (key.stream().nextInt(2) == 0) {
            return picture;
        }
        byte[] flipped = new byte[picture.pixels().length];
        int row = picture.width() * picture.channels();
        for (int y = 0; y < picture.height(); y++) {
            System.arraycopy(picture.pixels(), y * row, flipped, (picture.height() - 1 - y) * row, row);
        }
        return new Picture(picture.width(), picture.height(), picture.channels(), flipped);
    };

    /** Puts normalised batches together as usual, and adds a little noise to them. */
    record NoisyCollator(Collator plain, float strength) implements Collator {
        @Override
        public Batch collate(int[] rows, List<Sample> samples, FloatBuffers buffers, RandomKey key) {
            Batch batch = plain.collate(rows, samples, buffers, key);
            FloatBuffer pixels = batch.pixelValues();
            RandomKey.Stream random = key.with("noise").stream();
            for (int i = 0; i < pixels.limit(); i++) {
                pixels.put(i, pixels.get(i) + strength * (float) random.nextGaussian());
            }
            return batch;
        }
    }

    /** The share of samples whose two logits are a clear distance apart. */
    static final MetricFunction CONFIDENT = prediction -> {
        int clear = 0;
        for (int i = 0; i < prediction.samples(); i++) {
            float apart = prediction.predictions()[2 * i] - prediction.predictions()[2 * i + 1];
            clear += Math.abs(apart) > 1 ? 1 : 0;
        }
        return Map.of("confident", clear / (double) prediction.samples());
    };

    /** Steps by the gradient's sign alone (Bernstein et al. 2018). */
    record SignSgd(Parameters parameters) implements Optimizer {
        @Override
        public void step(Step step, ParameterRange part) {
            try (Scope scope = new Scope();
                    Autograd off = Autograd.off()) {
                Tensor weights = part.of(parameters.values());
                Tensor gradients = part.of(parameters.gradients());
                weights.mul_(new Scalar(1 - part.rate(step) * part.weightDecay()));
                weights.sub_(gradients.sign(), new Scalar(part.rate(step)));
            }
        }

        @Override
        public SortedMap<String, Tensor> state() {
            return new TreeMap<>();
        }

        @Override
        public void close() {}
    }

    /** Ends a run whose loss is low enough. */
    record StopAt(double loss) implements TrainerCallback {
        @Override
        public void onStepEnd(TrainerState state, TrainerControl control) {
            List<LogEntry> logs = state.logHistory();
            if (!logs.isEmpty() && logs.get(logs.size() - 1).find("loss").orElse(9) < loss) {
                control.stopTraining();
            }
        }
    }

    private TrainingArguments arguments() {
        return TrainingArguments.builder()
                .outputDir(output)
                .overwriteOutputDir(true)
                .learningRate(0.002)
                .numTrainEpochs(8)
                .perDeviceTrainBatchSize(16)
                .loggingSteps(1)
                .bf16(false)
                .build();
    }

    @Test
    void aProgramWithItsOwnPartsTrains() {
        TrainingArguments arguments = arguments().toBuilder()
                .evalStrategy(Strategy.EPOCH)
                .saveStrategy(Strategy.EPOCH)
                .loadBestModelAtEnd(true)
                .metricForBestModel("confident")
                .learningRate(2e-3)
                .build();
        try (VisionModel model = SmallModels.fromScratch(ProblemType.SINGLE_LABEL, LAMPS.toArray(String[]::new));
                Trainer trainer = Trainer.builder(model, arguments)
                        .trainDataset(new LampPictures(96, 1))
                        .evalDataset(new LampPictures(48, 2))
                        .transforms(UPSIDE_DOWN, ImageTransform.none())
                        .collator(new NoisyCollator(Collator.normalising(model.processor()::normalise, 3), 0.05f))
                        .optimizer(SignSgd::new)
                        .metrics(CONFIDENT)
                        .callback(new StopAt(0.02))
                        .build()) {
            Metrics trained = trainer.train();
            Metrics evaluated = trainer.evaluate();
            trainer.saveModel();

            assertThat(trained.get("train_loss")).isLessThan(0.7);
            List<LogEntry> logs = trainer.state().logHistory();
            double first = logs.get(0).get("loss");
            double last = logs.stream()
                    .filter(entry -> entry.has("loss"))
                    .reduce((a, b) -> b)
                    .orElseThrow()
                    .get("loss");
            assertThat(last).isLessThan(first / 3);
            double best = trainer.state().bestMetric().orElseThrow();
            assertThat(evaluated.get("eval_confident")).isEqualTo(best).isGreaterThan(0.8);
            assertThat(logs)
                    .filteredOn(entry -> entry.has("eval_confident"))
                    .allMatch(entry -> entry.get("eval_confident") <= best);
        }
        Pretrained.load(output, Pretrained.Options.asItIs(Device.CPU)).model().close();
    }

    @Test
    void earlyStoppingEndsTheRunAndTheBestModelIsLoaded() {
        Iterator<Double> scripted = List.of(0.1, 0.5, 0.4, 0.5, 0.9).iterator();
        TrainingArguments arguments = arguments().toBuilder()
                .evalStrategy(Strategy.EPOCH)
                .saveStrategy(Strategy.EPOCH)
                .loadBestModelAtEnd(true)
                .metricForBestModel("scripted")
                .earlyStoppingPatience(2)
                .build();
        try (VisionModel model = SmallModels.fromScratch(ProblemType.SINGLE_LABEL, LAMPS.toArray(String[]::new));
                Trainer trainer = Trainer.builder(model, arguments)
                        .trainDataset(new LampPictures(32, 1))
                        .evalDataset(new LampPictures(8, 2))
                        .metrics(prediction -> Map.of("eval_scripted", scripted.next()))
                        .build()) {
            trainer.train();
            assertThat(trainer.state().epoch()).isEqualTo(4);
            assertThat(trainer.state().bestModelCheckpoint()).contains("checkpoint-4");
            assertThat(trainer.state().bestMetric()).hasValue(0.5);
            try (VisionModel best = Pretrained.load(
                            output.resolve("checkpoint-4"), Pretrained.Options.asItIs(Device.CPU))
                    .model()) {
                for (String name : best.parameters().names()) {
                    assertThat(Tensors.toFloats(model.parameters().get(name)))
                            .as(name)
                            .containsExactly(Tensors.toFloats(best.parameters().get(name)));
                }
            }
        }
    }

    @Test
    void aMetricThatIsNotThereIsNamed() {
        TrainingArguments arguments = arguments().toBuilder()
                .evalStrategy(Strategy.EPOCH)
                .saveStrategy(Strategy.EPOCH)
                .loadBestModelAtEnd(true)
                .metricForBestModel("acuracy")
                .build();
        try (VisionModel model = SmallModels.fromScratch(ProblemType.SINGLE_LABEL, LAMPS.toArray(String[]::new));
                Trainer trainer = Trainer.builder(model, arguments)
                        .trainDataset(new LampPictures(16, 1))
                        .evalDataset(new LampPictures(8, 2))
                        .metrics(new SingleLabelMetrics(LAMPS))
                        .build()) {
            assertThatThrownBy(trainer::train)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("eval_acuracy")
                    .hasMessageContaining("did you mean eval_accuracy?");
            assertThat(trainer.state().globalStep()).isZero(); // found before training begins
        }
    }

    @Test
    void singleLabelRunsReportTheirMetricsUnderTransformersKeys() {
        List<EvalPrediction> seen = new ArrayList<>();
        try (VisionModel model = SmallModels.fromScratch(ProblemType.SINGLE_LABEL, LAMPS.toArray(String[]::new));
                Trainer trainer = Trainer.builder(
                                model, arguments().toBuilder().numTrainEpochs(1).build())
                        .trainDataset(new LampPictures(16, 1))
                        .evalDataset(new LampPictures(20, 2))
                        .metrics(new SingleLabelMetrics(LAMPS))
                        .callback(new TrainerCallback() {
                            @Override
                            public void onEvaluate(TrainerState state, Metrics metrics, EvalPrediction prediction) {
                                seen.add(prediction);
                            }
                        })
                        .build()) {
            trainer.train();
            Metrics evaluated = trainer.evaluate();
            assertThat(evaluated.values().keySet())
                    .contains(
                            "eval_loss",
                            "eval_accuracy",
                            "eval_f1_macro",
                            "eval_roc_auc",
                            "eval_roc_auc_off",
                            "eval_runtime",
                            "eval_samples_per_second",
                            "eval_steps_per_second");
            EvalPrediction prediction = seen.get(0);
            assertThat(prediction.singleLabel()).isTrue();
            int right = 0;
            double loss = 0;
            for (int i = 0; i < 20; i++) {
                float off = prediction.predictions()[2 * i];
                float on = prediction.predictions()[2 * i + 1];
                right += (on > off ? 1 : 0) == prediction.labelIds()[i] ? 1 : 0;
                loss += Math.log(Math.exp(off) + Math.exp(on)) - (prediction.labelIds()[i] == 0 ? off : on);
            }
            assertThat(evaluated.get("eval_accuracy")).isEqualTo(right / 20.0);
            assertThat(evaluated.get("eval_loss")).isCloseTo(loss / 20, org.assertj.core.api.Assertions.within(1e-5));
        }
    }
}
