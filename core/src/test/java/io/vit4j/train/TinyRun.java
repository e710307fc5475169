package io.vit4j.train;

import io.vit4j.TestDevice;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.MemoryRoom;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.data.Targets;
import io.vit4j.data.augment.Augmentation;
import io.vit4j.data.augment.RandomErasing;
import io.vit4j.image.Picture;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import io.vit4j.train.arguments.AdapterArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.LogEntry;
import io.vit4j.walk.Objective;
import io.vit4j.walk.TargetTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/** A run of 15 steps with all that chance has a hand in: shuffling, augmentation, dropout; evaluated and saved on the way. */
final class TinyRun {
    static final int STEPS = 15;

    private static final int SIDE = 16;
    private static final List<String> LABELS = List.of("bright", "left", "top");
    static final ModelDefinition CONFIG = ModelDefinition.of(SmallModels.vit(8, 2, 2, 16, SIDE, 8)
                    .with("hidden_dropout_prob", 0.1)
                    .with("attention_probs_dropout_prob", 0.1))
            .withLabels(LABELS, ProblemType.MULTI_LABEL);
    private static final List<String> RUNTIMES = List.of(
            "eval_runtime",
            "eval_samples_per_second",
            "eval_steps_per_second",
            "train_runtime",
            "train_samples_per_second",
            "train_steps_per_second",
            "data_wait_share",
            "save_time_share");

    private final Path output;
    private final Map<String, String> arguments = new HashMap<>();
    private TrainerCallback callback = new TrainerCallback() {};
    private Supplier<Optional<MemoryRoom>> memory = MemoryRoom::here;
    private Optional<Objective> objective = Optional.empty();
    private Optional<Runnable> eachSample = Optional.empty();
    private Runnable atEnd = () -> {};
    private DurableFiles files = DurableFiles.SYSTEM;
    private Dataset training = pictures(40, 1);
    private Dataset evaluation = pictures(12, 2);
    private ModelDefinition config = CONFIG;
    private ImageTransform augmentation = TinyRun::flip;
    private Optional<RandomErasing> erasing = Optional.empty();
    private Optional<MetricFunction> metrics = Optional.empty();
    private Consumer<Trainer> whileOpen = trainer -> {};
    private Optional<Trainer> running = Optional.empty();

    TinyRun(Path output) {
        this.output = output;
        arguments.putAll(Map.of(
                "output_dir", output.toString(),
                "num_train_epochs", "3",
                "per_device_train_batch_size", "4",
                "gradient_accumulation_steps", "2",
                "learning_rate", "1e-2",
                "lr_scheduler_type", "cosine",
                "dataloader_num_workers", "2"));
        arguments.putAll(Map.of(
                "logging_steps", "2",
                "eval_strategy", "steps",
                "eval_steps", "3",
                "save_strategy", "steps",
                "save_steps", "3",
                "save_total_limit", "2",
                "load_best_model_at_end", "true",
                "metric_for_best_model", "eval_loss",
                "dtype", "float32",
                "threads", "2"));
    }

    TinyRun with(String name, String value) {
        arguments.put(name, value);
        return this;
    }

    TinyRun with(Map<String, String> more) {
        arguments.putAll(more);
        return this;
    }

    TinyRun callback(TrainerCallback callback) {
        this.callback = callback;
        return this;
    }

    /** So much memory, and no more. */
    TinyRun memory(long bytes) {
        memory = () -> Optional.of(new MemoryRoom(bytes, "of a test's machine"));
        return this;
    }

    TinyRun objective(Objective objective) {
        this.objective = Optional.of(objective);
        return this;
    }

    /** Run for each picture that is learned from, after its forward and before its backward; not where it is loaded, ahead. */
    TinyRun eachSample(Runnable eachSample) {
        this.eachSample = Optional.of(eachSample);
        return this;
    }

    /** Run when training has ended, before anything else is written. */
    TinyRun callbackAtEnd(Runnable atEnd) {
        this.atEnd = atEnd;
        return this;
    }

    TinyRun files(DurableFiles files) {
        this.files = files;
        return this;
    }

    /** Erases a part of every second training sample. */
    TinyRun erasing() {
        erasing = Optional.of(new RandomErasing(0.5, 0.02, 0.33, 0.3, 3.3, Double.NaN));
        return this;
    }

    /** Changes pictures as {@code --augment} says. */
    TinyRun augment(String steps) {
        Augmentation augment = Augmentation.parse(steps);
        augmentation = augment.transform(SIDE, SIDE);
        erasing = augment.erasing();
        return this;
    }

    TinyRun training(Dataset data) {
        this.training = data;
        return this;
    }

    TinyRun evaluation(Dataset data) {
        this.evaluation = data;
        return this;
    }

    TinyRun model(ModelDefinition config) {
        this.config = config;
        return this;
    }

    TinyRun metrics(MetricFunction metrics) {
        this.metrics = Optional.of(metrics);
        return this;
    }

    /** What the trainer is asked after training. */
    TinyRun whileOpen(Consumer<Trainer> look) {
        this.whileOpen = look;
        return this;
    }

    Path output() {
        return output;
    }

    /** What a finished run leaves. */
    record Result(byte[] weights, List<String> logs, long lastStep, boolean interrupted) {}

    /** Asks the run that is under way to end. */
    void interrupt() {
        running.orElseThrow().interrupt();
    }

    Result resume() {
        return with("resume_from_checkpoint", "true").run();
    }

    Result run() {
        try (VisionModel model =
                        VisionModel.fromScratch(AdapterArguments.adapted(config, given()), TestDevice.here(), 7);
                Trainer trainer = builder(model)
                        .trainDataset(training)
                        .evalDataset(evaluation)
                        .transforms(augmentation, ImageTransform.none())
                        .erasing(erasing)
                        .callback(callback)
                        .files(files)
                        .memory(memory)
                        .build()) {
            running = Optional.of(trainer);
            trainer.train();
            atEnd.run();
            whileOpen.accept(trainer);
            trainer.saveModel();
            List<String> logs = trainer.state().logHistory().stream()
                    .map(entry -> {
                        Map<String, Double> values =
                                new LinkedHashMap<>(entry.metrics().values());
                        values.keySet().removeAll(RUNTIMES);
                        return new LogEntry(new Metrics(values), entry.epoch(), entry.step())
                                .toJson()
                                .line();
                    })
                    .toList();
            return new Result(
                    Files.readAllBytes(RankedRun.weightsIn(output)),
                    logs,
                    trainer.state().globalStep(),
                    trainer.wasInterrupted());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TrainingArguments given() {
        return TrainingArguments.builder().set(arguments).build();
    }

    private TrainerBuilder builder(VisionModel model) {
        TrainerBuilder builder = Trainer.builder(model, given());
        metrics.ifPresent(builder::metrics);
        Objective usual = objective.orElseGet(() -> Objective.of(ProblemType.MULTI_LABEL));
        eachSample.map(told -> counted(usual, told)).or(() -> objective).ifPresent(builder::objective);
        return builder;
    }

    private static Objective counted(Objective usual, Runnable eachSample) {
        return watching(usual, predictions -> {
            for (long i = 0; predictions.requires_grad() && i < predictions.size(0); i++) {
                eachSample.run();
            }
        });
    }

    /** The same objective, which shows the predictions whenever it is computed. */
    static Objective watching(Objective usual, Consumer<Tensor> seen) {
        return new Objective() {
            @Override
            public ProblemType problemType() {
                return usual.problemType();
            }

            @Override
            public Targets targets(float[] labels, int samples, int outputs) {
                return usual.targets(labels, samples, outputs);
            }

            @Override
            public Tensor sum(Tensor predictions, TargetTensors targets) {
                seen.accept(predictions);
                return usual.sum(predictions, targets);
            }
        };
    }

    /** Every third picture has one unknown label. */
    static Dataset partlyUnknown(Dataset pictures) {
        return labelled(pictures, index -> {
            float[] labels = pictures.labels(index).clone();
            if (index % 3 == 0) {
                labels[index / 3 % labels.length] = Float.NaN;
            }
            return labels;
        });
    }

    /** The same pictures with other labels, by number. */
    static Dataset labelled(Dataset pictures, IntFunction<float[]> labels) {
        return new Dataset() {
            @Override
            public int size() {
                return pictures.size();
            }

            @Override
            public Sample get(int index) {
                Sample sample = pictures.get(index);
                return new Sample(sample.file(), sample.picture(), labels.apply(index));
            }
        };
    }

    /** Mirrors a picture by chance, and darkens it. */
    static Picture flip(Picture picture, RandomKey key) {
        RandomKey.Stream chance = key.stream();
        boolean mirrored = chance.nextDouble() < 0.5;
        int darker = chance.nextInt(40);
        byte[] pixels = picture.pixels().clone();
        for (int i = 0; i < pixels.length; i++) {
            int x = i / 3 % SIDE;
            int from = mirrored ? i + 3 * (SIDE - 1 - 2 * x) : i;
            pixels[i] = (byte) Math.max(0, (picture.pixels()[from] & 0xFF) - darker);
        }
        return new Picture(SIDE, SIDE, 3, pixels);
    }

    static Dataset pictures(int count, long seed) {
        Sample[] samples = new Sample[count];
        Arrays.setAll(samples, i -> {
            RandomKey.Stream chance = RandomKey.of(seed).with(i).stream();
            byte[] pixels = new byte[SIDE * SIDE * 3];
            float[] labels = {chance.nextInt(2), chance.nextInt(2), chance.nextInt(2)};
            for (int p = 0; p < pixels.length; p++) {
                int x = p / 3 % SIDE;
                int y = p / 3 / SIDE;
                float light =
                        40 * labels[0] + (x < SIDE / 2 ? 60 * labels[1] : 0) + (y < SIDE / 2 ? 60 * labels[2] : 0);
                pixels[p] = (byte) (light + chance.nextInt(90));
            }
            return new Sample("picture-" + i + ".png", new Picture(SIDE, SIDE, 3, pixels), labels);
        });
        return new Dataset() {
            @Override
            public int size() {
                return count;
            }

            @Override
            public Sample get(int index) {
                return samples[index];
            }
        };
    }
}
