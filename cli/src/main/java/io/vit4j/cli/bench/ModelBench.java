package io.vit4j.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ProblemType;
import io.vit4j.model.LoraConfig;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ModelCost;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.train.engine.Engine;
import io.vit4j.train.engine.EngineSettings;
import io.vit4j.train.engine.LocalEngine;
import io.vit4j.train.engine.TrainingRun;
import io.vit4j.train.optimizer.AdamW;
import io.vit4j.train.optimizer.Optimizer;
import io.vit4j.train.optimizer.ParameterGroups;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.BinaryCrossEntropy;
import io.vit4j.walk.Inference;
import io.vit4j.walk.Lanes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Whole steps of training and inference on random pictures, beside the rate of a large product. */
public final class ModelBench {
    private static final int WARM_UP = 2;
    private static final int LABELS = 15;
    private static final double WEIGHT_DECAY = 0.01;
    private static final double LARGEST_NORM = 1;
    private static final double LEARNING_RATE = 5e-5;

    private final Settings settings;

    /**
     * What is measured.
     *
     * @param model a preset such as {@code vit-base}, or a checkpoint's folder
     * @param batch pictures a step
     * @param device where it is computed
     * @param threads lanes side by side on the processor; a GPU is asked by one
     * @param steps that are timed, after two that are not
     * @param recompute keep only each block's input between forward and backward (gradient checkpointing)
     * @param lora adapters that are trained instead of the model; empty if the model is
     * @param method makes of a model the one that is trained, for training with labels itself
     * @param products that each lane takes of the large product
     */
    public record Settings(
            String model,
            int batch,
            Dtype dtype,
            Device device,
            int threads,
            int steps,
            boolean recompute,
            Optional<LoraConfig> lora,
            UnaryOperator<ModelDefinition> method,
            int products) {
        private int lanes() {
            return device.isCpu() ? threads : 1;
        }

        /** Pictures that a lane walks at a time. */
        private int chunkSize(ModelDefinition config) {
            return BatchChunk.size(config, dtype, device);
        }
    }

    /** A measurement with these settings. */
    public ModelBench(Settings settings) {
        this.settings = settings;
    }

    /** A checkpoint's model, or a new one of 15 labels. */
    public static VisionModel open(String model, Device device) {
        return open(model, device, Optional.empty());
    }

    /** The same with new adapters, if there are any. */
    private static VisionModel open(String model, Device device, Optional<LoraConfig> lora) {
        Path folder = Path.of(model);
        if (Files.isDirectory(folder)) {
            Pretrained.Options asItIs = Pretrained.Options.asItIs(device);
            return Pretrained.load(
                            folder,
                            lora.map(added -> asItIs.withAdapting(Pretrained.Adapting.by(added, 0)))
                                    .orElse(asItIs))
                    .model();
        }
        List<String> labels =
                IntStream.range(0, LABELS).mapToObj(i -> "LABEL_" + i).toList();
        ModelDefinition plain = ModelDefinition.preset(model).withLabels(labels, ProblemType.MULTI_LABEL);
        return VisionModel.fromScratch(lora.map(plain::withAdapter).orElse(plain), device, 1);
    }

    /** A model that is not pretrained, as only its sizes matter, if it is trained otherwise than it is. */
    private VisionModel trained() {
        VisionModel plain = open(settings.model(), settings.device(), settings.lora());
        ModelDefinition method = settings.method().apply(plain.definition());
        if (method == plain.definition()) {
            return plain;
        }
        plain.close();
        return VisionModel.fromScratch(method, settings.device(), 1);
    }

    /** Forward, backward, clipping and AdamW, as a training step does them. */
    public ObjectNode train() {
        try (VisionModel model = trained();
                Lanes lanes = new Lanes(settings.lanes());
                ProductRate product = product(lanes)) {
            OptionalDouble loaded = Machine.residentMib();
            try (TrainingSteps steps = new TrainingSteps(model, settings)) {
                ProcessorTime step = new ProcessorTime(steps::run);
                Timings timings = Timings.of(WARM_UP, settings.steps(), step, () -> between(product));
                ObjectNode results = results(
                        timings, step, new ModelCost(model.definition(), settings.dtype()).trainingFlops(), product);
                results.put("parameters", parameters(model));
                results.put("trained_parameters", model.parameters().trainedSize());
                loaded.ifPresent(mib -> results.put("resident_after_loading_mib", mib));
                return results;
            }
        }
    }

    private ProductRate product(Lanes lanes) {
        return settings.device().isCpu()
                ? new ProductRate(settings.dtype(), lanes)
                : ProductRate.onGpu(settings.dtype(), settings.device(), lanes, settings.batch());
    }

    private static long parameters(VisionModel model) {
        return model.parameters().entries().stream()
                .mapToLong(Parameters.Entry::count)
                .sum();
    }

    /** Logits without gradients. */
    public ObjectNode infer() {
        try (VisionModel model = open(settings.model(), settings.device());
                Lanes lanes = new Lanes(settings.lanes());
                Inference inference = new Inference(
                        model.definition(),
                        model.parameters(),
                        settings.dtype(),
                        lanes,
                        settings.chunkSize(model.definition()));
                ProductRate product = product(lanes)) {
            RandomBatches batches = new RandomBatches(model.definition(), settings.batch(), settings.device());
            ProcessorTime step = new ProcessorTime(() -> inference.run(
                    Stream.generate(batches::next).iterator(), settings.batch(), new BinaryCrossEntropy()));
            Timings timings = Timings.of(WARM_UP, settings.steps(), step, () -> between(product));
            return results(timings, step, new ModelCost(model.definition(), settings.dtype()).forwardFlops(), product);
        }
    }

    /** The product alone. */
    public ObjectNode matmul() {
        try (Lanes lanes = new Lanes(settings.lanes());
                ProductRate product = product(lanes)) {
            product.measure(settings.products());
            ObjectNode results = Json.object();
            results.put("product_flops_per_s", product.median());
            results.put("best_product_flops_per_s", product.best());
            return results;
        }
    }

    /**
     * Seconds from the start of this process until the first training step is done, and from then until a server of the model has answered
     * its first picture.
     */
    public ObjectNode startup() {
        try (VisionModel model = open(settings.model(), settings.device());
                TrainingSteps steps = new TrainingSteps(model, settings)) {
            steps.run();
            ObjectNode results = Json.object();
            results.put("seconds", Machine.secondsSinceStart());
            results.put("serving_seconds", ServingBench.secondsToTheFirstAnswer(model));
            return results;
        }
    }

    /** As many products after each step as make {@link Settings#products} in all, or a few more. */
    private void between(ProductRate product) {
        product.measure((settings.products() + settings.steps() - 1) / settings.steps());
    }

    private ObjectNode results(Timings timings, ProcessorTime step, double operations, ProductRate product) {
        double median = settings.batch() / timings.median();
        ObjectNode results = Json.object();
        results.put("median_images_per_s", median);
        results.put("best_images_per_s", settings.batch() / timings.best());
        results.put("processor_ms_per_image", 1e3 * step.median(WARM_UP) / settings.batch());
        results.put("model_flops_per_s", median * operations);
        results.put("product_flops_per_s", product.median());
        results.put("fraction_of_ceiling", median * operations / product.median());
        return results;
    }

    /** A training run of nothing but steps. */
    private static final class TrainingSteps implements AutoCloseable {
        private final RandomBatches batches;
        private final Engine engine;
        private final double entries;
        private final int size;
        private long number;

        TrainingSteps(VisionModel model, Settings settings) {
            batches = new RandomBatches(model.definition(), settings.batch(), settings.device());
            entries = (double) settings.batch() * model.definition().outputs();
            size = settings.batch();
            Predicate<String> frozen = name -> !model.definition().trains(name);
            model.parameters().trainable(frozen);
            EngineSettings walk = new EngineSettings(
                    settings.dtype(),
                    settings.dtype(),
                    settings.lanes(),
                    settings.chunkSize(model.definition()),
                    settings.recompute(),
                    TrainingRun.trainedFrom(model.definition(), frozen));
            engine = new LocalEngine(
                    model,
                    walk,
                    batches.objective(),
                    new AdamW(model.parameters(), AdamW.Settings.DEFAULTS),
                    ParameterGroups.transformers(WEIGHT_DECAY));
        }

        void run() {
            number++;
            engine.walk(
                    Stream.generate(batches::next).iterator(),
                    Engine.Share.whole(new int[size], size),
                    entries,
                    RandomKey.of(1).with(number));
            double norm = engine.gradientNorm();
            engine.step(new Optimizer.Step(LEARNING_RATE, number, Math.min(1, LARGEST_NORM / norm)));
            engine.finish();
        }

        @Override
        public void close() {
            engine.close();
        }
    }
}
