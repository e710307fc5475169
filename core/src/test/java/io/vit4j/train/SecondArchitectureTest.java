package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Collator;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.image.Picture;
import io.vit4j.infer.Explanation;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.MultilabelMetrics;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.Pretrained;
import io.vit4j.model.Shape;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.BlockRange;
import io.vit4j.parallel.Hardware;
import io.vit4j.parallel.Layout;
import io.vit4j.parallel.ModelCost;
import io.vit4j.parallel.Placement;
import io.vit4j.parallel.Plan;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.NativeMemory;
import io.vit4j.torch.Scope;
import io.vit4j.torch.SettledMemory;
import io.vit4j.torch.Tensors;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.LogEntry;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.walk.Walk;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.data.Percentage;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A family of one's own ({@code io.vit4j.model.pyramid}: other shapes from block to block, no class token, mean pooling) has all
 * that a ViT has, although nobody knows it but by its configuration.
 */
class SecondArchitectureTest {
    private static final List<String> LABELS = List.of("bright", "left", "top");
    private static final ModelDefinition PLAIN =
            ModelDefinition.preset("pyramid-pico").withLabels(LABELS, ProblemType.MULTI_LABEL);
    private static final ModelDefinition DROPPING =
            ModelDefinition.of(PLAIN.config().with("dropout", 0.1));

    @TempDir
    Path folder;

    private static Tensor random(long... shape) {
        Tensor numbers = Tensors.empty(Dtype.FLOAT32, Device.CPU, shape);
        Tensors.fillNormal(numbers, 0, 1, Arrays.hashCode(shape));
        return numbers;
    }

    @Test
    void shapesChangeFromBlockToBlock() {
        assertThat(PLAIN.shapes())
                .containsExactly(
                        Shape.of(3, 16, 16),
                        Shape.of(6, 8, 8),
                        Shape.of(8, 4, 4),
                        Shape.of(12, 2, 2),
                        Shape.of(16, 1, 1),
                        Shape.of(3));
        try (VisionModel model = VisionModel.fromScratch(PLAIN, Device.CPU, 1);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            for (int[] side : new int[][] {{16, 16}, {21, 9}}) {
                List<Shape> declared = PLAIN.shapes(side[0], side[1]);
                Tensor hidden = random(declared.get(0).batch(2));
                for (int block = 0; block < PLAIN.blockCount(); block++) {
                    hidden = model.blocks().get(block).forward(hidden, Context.inference(weights));
                    assertThat(hidden.shape())
                            .containsExactly(declared.get(block + 1).batch(2));
                }
            }
        }
    }

    /** The sum of all logits times fixed numbers, and its gradients by libtorch over the whole graph at once. */
    private static double loss(List<Block> blocks, Tensor pixels, Tensor factors, Context context) {
        Tensor hidden = pixels;
        for (Block block : blocks) {
            hidden = block.forward(hidden, context);
        }
        Tensor loss = torch.mul(hidden, factors).sum();
        if (Autograd.isRecording()) {
            loss.backward();
        }
        return Tensors.item(loss);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theWalksGradientsAreThoseOfTheWholeGraph(boolean recompute) {
        try (VisionModel model = VisionModel.fromScratch(DROPPING, Device.CPU, 1);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            Parameters parameters = model.parameters();
            parameters.trainable(name -> false);
            Tensor pixels = random(2, 3, 16, 16);
            Tensor factors = random(2, 3);
            Context context = Context.training(weights, RandomKey.of(1), new long[] {0, 1});
            try (Walk.Tape tape = new Walk(model.blocks(), recompute, 0, false).forward(pixels, context)) {
                tape.backward(factors, block -> {});
            }
            Map<String, float[]> walked = new HashMap<>();
            parameters.names().forEach(name -> walked.put(name, Tensors.toFloats(parameters.gradient(name))));
            try (Autograd on = Autograd.on();
                    Parameters own = parameters.sharing();
                    StepWeights leaves = new StepWeights(Dtype.FLOAT32)) { // what is not cast is the leaf itself
                own.trainable(name -> false);
                loss(DROPPING.over(own), pixels, factors, Context.training(leaves, RandomKey.of(1), new long[] {0, 1}));
                for (String name : own.names()) {
                    assertThat(walked.get(name)).as(name).isEqualTo(Tensors.toFloats(Tensors.gradient(own.get(name))));
                }
            }
        }
    }

    @Test
    void gradientsAreWhatSmallStepsShow() {
        try (VisionModel model = VisionModel.fromScratch(PLAIN, Device.CPU, 1);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Parameters parameters = model.parameters();
            parameters.trainable(name -> false);
            Tensor pixels = random(2, 3, 16, 16);
            Tensor factors = random(2, 3);
            try (Walk.Tape tape = new Walk(model.blocks())
                    .forward(pixels, Context.training(weights, RandomKey.of(1), new long[] {0, 1}))) {
                tape.backward(factors, block -> {});
            }
            double step = 1e-2;
            for (String name : parameters.names()) {
                Tensor weight = parameters.get(name).detach();
                Tensor way = random(weight.shape()); // along which the weight is moved
                double expected =
                        Tensors.item(torch.mul(parameters.gradient(name), way).sum());
                double[] losses = new double[2];
                for (int side = 0; side < 2; side++) {
                    double signed = side == 0 ? -step : 2 * step;
                    weight.add_(torch.mul(way, new Scalar(signed)));
                    try (StepWeights moved = new StepWeights(Dtype.FLOAT32)) {
                        losses[side] = loss(model.blocks(), pixels, factors, Context.inference(moved));
                    }
                }
                weight.add_(torch.mul(way, new Scalar(-step)));
                assertThat((losses[1] - losses[0]) / (2 * step))
                        .as(name)
                        .isCloseTo(expected, within(0.02 * Math.abs(expected) + 2e-3));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"float32,1", "float32,2", "bfloat16,2"})
    void aResumedRunRepeatsTheUninterruptedOneToTheBit(String dtype, String threads) {
        Map<String, String> arguments = Map.of("dtype", dtype, "threads", threads);
        TinyRun.Result undisturbed = new TinyRun(folder.resolve("undisturbed"))
                .model(DROPPING)
                .with(arguments)
                .run();
        TinyRun disturbed =
                new TinyRun(folder.resolve("disturbed")).model(DROPPING).with(arguments);
        disturbed.callback(new TrainerCallback() {
            @Override
            public void onStepEnd(TrainerState state, TrainerControl control) {
                if (state.globalStep() == 7) {
                    disturbed.interrupt();
                }
            }
        });
        assertThat(disturbed.run().interrupted()).isTrue();
        TinyRun.Result resumed = disturbed.callback(new TrainerCallback() {}).resume();
        assertThat(resumed.logs()).isEqualTo(undisturbed.logs());
        assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
    }

    @Test
    void itLearnsAndIsEvaluatedPredictedAndExplained() throws IOException {
        TrainingArguments arguments = arguments(Map.of("num_train_epochs", "12", "weight_decay", "0.05"));
        Dataset validation = TinyRun.pictures(40, 2);
        Path tuned = folder.resolve("run");
        double auroc;
        try (VisionModel model = VisionModel.fromScratch(DROPPING, Device.CPU, 7);
                Trainer trainer = Trainer.builder(model, arguments)
                        .trainDataset(TinyRun.pictures(200, 1))
                        .evalDataset(validation)
                        .metrics(new MultilabelMetrics(LABELS))
                        .build()) {
            trainer.train();
            auroc = trainer.evaluate().get("eval_roc_auc");
            trainer.saveModel();
        }
        assertThat(auroc).isGreaterThan(0.95); // chance is 0.5

        try (VisionModel model = Pretrained.load(tuned, Pretrained.Options.asItIs(Device.CPU))
                        .model();
                Explanation explanation = new Explanation(model)) {
            Predictor.Settings settings = Predictor.Settings.defaults();
            float[] logits = new Predictor(model, settings)
                    .predict(validation, ImageTransform.none(), Progress.NONE)
                    .prediction()
                    .predictions();
            try (ImageClassifier classifier = ImageClassifier.load(tuned)) {
                for (int i = 0; i < 3; i++) {
                    Picture picture = validation.get(i).picture();
                    int first = i * LABELS.size();
                    classifier
                            .classify(asImage(picture))
                            .forEach(score -> assertThat((double) score.logit())
                                    .isCloseTo(logits[first + LABELS.indexOf(score.label())], within(1e-4)));
                    Explanation.Explained explained =
                            explanation.of(picture, 0, Explanation.Method.usual(model.definition()));
                    assertThat(explained.heatmap().rows()).isEqualTo(16);
                    assertThat((double) explained.logits()[0]).isCloseTo(logits[first], within(1e-4));
                }
            }
            for (Explanation.Method rollout :
                    List.of(Explanation.Method.ATTENTION_ROLLOUT, Explanation.Method.GRADIENT_ROLLOUT)) {
                assertThatThrownBy(() -> explanation.of(validation.get(0).picture(), 0, rollout))
                        .isInstanceOf(InputException.class)
                        .hasMessageContainingAll("pyramid", "gradient-x-input");
            }
        }
    }

    private static BufferedImage asImage(Picture picture) {
        BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < picture.width() * picture.height(); i++) {
            byte[] p = picture.pixels();
            image.setRGB(
                    i % picture.width(),
                    i / picture.width(),
                    (p[3 * i] & 255) << 16 | (p[3 * i + 1] & 255) << 8 | p[3 * i + 2] & 255);
        }
        return image;
    }

    private TrainingArguments arguments(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(Map.of(
                "output_dir", folder.resolve("run").toString(),
                "overwrite_output_dir", "true",
                "per_device_train_batch_size", "8",
                "learning_rate", "1e-2",
                "save_strategy", "no",
                "logging_steps", "1",
                "dtype", "float32"));
        all.putAll(more);
        return TrainingArguments.builder().set(all).build();
    }

    @ParameterizedTest
    @CsvSource({
        "2, 'layers_per_ipu=[1 2]', 8",
        "2, 'layers_per_ipu=[2 1],gradient_accumulation_steps=4', 2",
        "4, 'layers_per_ipu=[1 2],replication_factor=2,recompute_checkpoint_every_layer=true', 4",
        "4, 'layers_per_ipu=[2 1],replication_factor=2,replicated_tensor_sharding=true', 4",
        "3, 'layers_per_ipu=[0 3 0]', 8"
    })
    void stagesAndReplicasGiveTheResultsOfOneProcess(int ranks, String layout, int batch) {
        RankedRun.Result single =
                new RankedRun(folder.resolve("single")).model(DROPPING).run();
        RankedRun.Result laidOut = new RankedRun(folder.resolve("laid-out"))
                .model(DROPPING)
                .layout(ranks, layout)
                .with("per_device_train_batch_size", "" + batch)
                .run();
        LayoutsTest.assertSame(laidOut, single);
    }

    private record Frozen(List<LogEntry> logs, float[] classifier, float[] first) {}

    private Frozen frozen(boolean plain) {
        TrainingArguments arguments =
                arguments(Map.of("freeze_backbone", "true", "num_train_epochs", "3", "eval_strategy", "epoch"));
        try (VisionModel model = VisionModel.fromScratch(PLAIN, Device.CPU, 7)) {
            TrainerBuilder builder = Trainer.builder(model, arguments)
                    .trainDataset(TinyRun.pictures(36, 1))
                    .evalDataset(TinyRun.pictures(20, 2))
                    .metrics(new MultilabelMetrics(LABELS));
            if (plain) {
                builder.collator(Collator.normalising(model.processor()::normalise, 3));
            }
            try (Trainer trainer = builder.build()) {
                trainer.train();
                return new Frozen(
                        trainer.state().logHistory(),
                        Tensors.toFloats(model.parameters().get("fc.weight")),
                        Tensors.toFloats(model.parameters().get("stages.0.conv.weight")));
            }
        }
    }

    @Test
    void aFrozenBackbonesFeaturesAreKeptAndGiveTheSameRun() {
        Frozen walked = frozen(true);
        assertThat(folder.resolve("run/features")).doesNotExist();
        Frozen kept = frozen(false);
        assertThat(folder.resolve("run/features")).isNotEmptyDirectory();
        assertThat(kept.logs()).hasSameSizeAs(walked.logs());
        for (int i = 0; i < kept.logs().size() - 1; i++) {
            for (String value : List.of("loss", "grad_norm", "eval_loss", "eval_roc_auc")) {
                if (walked.logs().get(i).has(value)) {
                    assertThat(kept.logs().get(i).get(value))
                            .isCloseTo(walked.logs().get(i).get(value), within(1e-5));
                }
            }
        }
        try (VisionModel fresh = VisionModel.fromScratch(PLAIN, Device.CPU, 7)) {
            assertThat(kept.first())
                    .isEqualTo(Tensors.toFloats(fresh.parameters().get("stages.0.conv.weight")));
            assertThat(kept.classifier())
                    .isNotEqualTo(Tensors.toFloats(fresh.parameters().get("fc.weight")));
        }
    }

    @Test
    void aCheckpointKeepsWhatTheFamilyDoesNotKnowAndItsHeadMayBeAnother() {
        ModelDefinition definition = ModelDefinition.of(
                PLAIN.config().with("of_somebody_else", JsonObject.empty().with("kept", true)));
        Path whole = folder.resolve("whole");
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 3)) {
            assertThat(whole.toFile().mkdirs()).isTrue();
            List<StoredTensor> renamed = new ArrayList<>();
            model.save(DurableFiles.SYSTEM, whole);
            try (SafetensorsFile saved = Safetensors.open(whole.resolve("model.safetensors"))) {
                for (StoredTensor tensor : saved.tensors()) {
                    renamed.add(tensor.named(tensor.name().replace("fc.", "old_head.")));
                }
                Path old = folder.resolve("old");
                assertThat(old.toFile().mkdirs()).isTrue();
                model.save(DurableFiles.SYSTEM, old, renamed);
            }
            for (String form : List.of("whole", "old")) {
                try (VisionModel loaded = Pretrained.load(folder.resolve(form), Pretrained.Options.asItIs(Device.CPU))
                        .model()) {
                    assertThat(loaded.definition().config()).isEqualTo(definition.config());
                    for (String name : loaded.parameters().names()) {
                        assertThat(Tensors.toFloats(loaded.parameters().get(name)))
                                .isEqualTo(Tensors.toFloats(model.parameters().get(name)));
                    }
                }
            }
        }
        Pretrained.Options other = new Pretrained.Options(
                Device.CPU, Optional.of(List.of("a", "b")), Optional.of(ProblemType.SINGLE_LABEL), true, 5);
        Pretrained.Loaded tuned = Pretrained.load(whole, other);
        try (VisionModel model = tuned.model()) {
            assertThat(tuned.report().mismatched()).hasSize(2).allMatch(weight -> weight.startsWith("fc."));
            assertThat(model.definition().config().object("of_somebody_else").bool("kept", false))
                    .isTrue();
            assertThat(model.labels()).containsExactly("a", "b");
        }
    }

    @Test
    void plansSumWhatItsBlocksSay() {
        ModelCost cost = new ModelCost(PLAIN, Dtype.FLOAT32);
        // 2 * 3 * 3 * in * out * places, written out; pixels need no gradient
        double[] forward = {18.0 * 3 * 6 * 64, 18.0 * 6 * 8 * 16, 18.0 * 8 * 12 * 4, 18.0 * 12 * 16, 2 * 16 * 3};
        double all = Arrays.stream(forward).sum();
        assertThat(cost.forwardFlops()).isEqualTo(all);
        assertThat(cost.trainingFlops()).isEqualTo(3 * all - forward[0]);
        assertThat(cost.inputBytes(2)).isEqualTo(4 * 8 * 4 * 4);
    }

    /** Between two stages goes what the block before the cut declares, and backward its gradient. */
    @Test
    void whatCrossesBetweenStagesIsOfTheShapeAtTheCut() {
        ModelCost cost = new ModelCost(PLAIN.withImageSize(256, 256), Dtype.FLOAT32);
        Hardware.Link fast = new Hardware.Link(1e30, 0);
        double bandwidth = 1e3; // so slow that nothing else counts
        Hardware.Link slow = new Hardware.Link(bandwidth, 0);
        int samples = 8;
        for (int firstStage : new int[] {0, 1, 2, 3}) {
            Layout layout = new Layout(
                    Placement.of(3, 2, List.of(firstStage, 3 - firstStage), "layers"),
                    1,
                    samples,
                    1,
                    false,
                    false,
                    false);
            double free = Plan.of(cost, new Hardware("test", 1e12, 1e12, 1L << 34, 1e11, 1e11, 1, 8, fast, fast))
                    .predict(layout)
                    .pipelineSeconds();
            double crossing = Plan.of(cost, new Hardware("test", 1e12, 1e12, 1L << 34, 1e11, 1e11, 1, 8, slow, slow))
                            .predict(layout)
                            .pipelineSeconds()
                    - free;
            double bytes = 2.0
                    * samples
                    * 4
                    * PLAIN.withImageSize(256, 256).shapes().get(1 + firstStage).numbers();
            assertThat(crossing).isCloseTo(bytes / bandwidth, Percentage.withPercentage(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"FLOAT32", "BFLOAT16"})
    void stagesKeepWhatTheySay(Dtype dtype) {
        Assumptions.assumeTrue(
                NativeMemory.inUse().isPresent(), "skipped: this C library does not tell what is in use");
        ModelDefinition large = PLAIN.withImageSize(256, 256);
        BlockRange stages = new BlockRange(1, 4);
        ModelCost cost = new ModelCost(large, dtype);
        int batch = 64; // what libraries keep for themselves is little beside it
        try (VisionModel model = VisionModel.fromScratch(large, Device.CPU, 1);
                StepWeights weights = new StepWeights(dtype);
                Scope scope = new Scope()) {
            model.parameters().trainable(name -> false);
            Walk walk = new Walk(large.over(model.parameters(), 1, 4), false, 0, true, true);
            Tensor hidden = random(large.shapes().get(1).batch(batch));
            SettledMemory.await();
            long[] grown = new long[5];
            for (int i = 0; i < grown.length; i++) {
                long before = NativeMemory.inUse().orElseThrow();
                try (Walk.Tape tape =
                        walk.forward(hidden, Context.training(weights, RandomKey.of(1), new long[batch]))) {
                    grown[i] = NativeMemory.inUse().orElseThrow() - before;
                }
            }
            Arrays.sort(grown);
            long output = 4 * large.shapes().get(4).numbers();
            double predicted = cost.keptBytes(stages, false, batch, 0) + batch * (output - cost.inputBytes(1));
            assertThat((double) grown[2]).isCloseTo(predicted, Percentage.withPercentage(5));
        }
    }

    @Test
    void depthsGrowFromTheFirstBlockAndWhatIsNoDecayingWeightSaysSo() {
        assertThat(PLAIN.depths())
                .containsEntry("stages.0.conv.weight", 0)
                .containsEntry("stages.3.norm.bias", 3)
                .containsEntry("fc.bias", 4);
        assertThat(PLAIN.weights().stream()
                        .filter(spec -> spec.decays())
                        .map(spec -> spec.name())
                        .toList())
                .containsExactly(
                        "stages.0.conv.weight",
                        "stages.1.conv.weight",
                        "stages.2.conv.weight",
                        "stages.3.conv.weight",
                        "fc.weight");
    }

    @Test
    void aConfigurationThatNobodyReadsNamesThoseThatAreKnown() {
        assertThatThrownBy(() -> ModelDefinition.of(JsonObject.parse("{\"model_type\": \"other\"}", "a.json")))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("a.json: ")
                .hasMessageContainingAll("'other'", "'vit'", "'pyramid'");
        assertThatThrownBy(() -> ModelDefinition.of(JsonObject.parse("{\"model_type\": \"pyramid\"}", "a.json")))
                .isInstanceOf(InputException.class)
                .hasMessage("a.json: hidden_sizes is missing; give the channels of every stage");
        assertThatThrownBy(() -> ModelDefinition.preset("nothing")).hasMessageContainingAll("vit-tiny", "pyramid-pico");
    }
}
