package io.vit4j.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.metrics.MultilabelMetrics;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Whether anything grows: many steps of a tiny model with evaluation and saving, then many calls of the classifier from
 * eight threads, while memory, threads, open files and native handles are watched. The first tenth is warm-up; the second
 * and the last are compared.
 */
public final class Soak {
    private static final int SIDE = 16;
    private static final int LABELS = 3;
    private static final int SAMPLES = 800;
    private static final int CALLERS = 8;
    private static final int WATCHED = 200;

    private Soak() {}

    /**
     * @param steps of training
     * @param calls of the classifier
     * @param threads that compute
     * @return medians of the second and the last tenth of each part
     * @throws InputException if something has grown by more than it may
     */
    public static ObjectNode run(int steps, int calls, int threads) {
        ObjectNode results = Json.object();
        try (TemporaryFolder folder = new TemporaryFolder()) {
            Growth training = train(folder.path(), steps, threads);
            results.put("steps", steps);
            results.setAll(training.json("training"));
            Growth classifying = classify(folder.path(), calls, threads);
            results.put("calls", calls);
            results.setAll(classifying.json("classifying"));
            for (Growth growth : List.of(training, classifying)) {
                growth.complaint().ifPresent(what -> {
                    throw new InputException(what + "; all figures: " + Json.line(results));
                });
            }
        }
        return results;
    }

    private static Growth train(Path folder, int steps, int threads) {
        List<String> labels =
                IntStream.range(0, LABELS).mapToObj(i -> "label-" + i).toList();
        ModelDefinition config = ModelDefinition.of(ModelDefinition.preset("vit-tiny")
                        .config()
                        .with("hidden_size", 8)
                        .with("num_hidden_layers", 1)
                        .with("num_attention_heads", 2)
                        .with("intermediate_size", 16)
                        .with("hidden_dropout_prob", 0.1)
                        .with("attention_probs_dropout_prob", 0.1)
                        .with("image_size", SIDE)
                        .with("patch_size", 8))
                .withLabels(labels, ProblemType.MULTI_LABEL);
        TrainingArguments arguments = TrainingArguments.builder()
                .set(Map.of(
                        "output_dir", folder.toString(),
                        "max_steps", Integer.toString(steps),
                        "per_device_train_batch_size", "2",
                        "dataloader_num_workers", "1",
                        "dtype", "float32",
                        "threads", Integer.toString(threads),
                        "logging_steps", "100",
                        "eval_strategy", "steps",
                        "eval_steps", "500"))
                .set(Map.of(
                        "save_strategy", "steps",
                        "save_steps", "250",
                        "save_total_limit", "2",
                        "disable_tqdm", "true"))
                .build();
        Growth growth = new Growth();
        int every = Math.max(1, steps / WATCHED);
        try (VisionModel model = VisionModel.fromScratch(config, Device.CPU, 1);
                Trainer trainer = Trainer.builder(model, arguments)
                        .trainDataset(pictures(SAMPLES, 1))
                        .evalDataset(pictures(40, 2))
                        .transforms(Soak::darkened, ImageTransform.none())
                        .metrics(new MultilabelMetrics(labels))
                        .callback(new TrainerCallback() {
                            @Override
                            public void onStepEnd(TrainerState state, TrainerControl control) {
                                if (state.globalStep() % every == 0) {
                                    growth.look();
                                }
                            }
                        })
                        .build()) {
            trainer.train();
            trainer.saveModel();
        }
        return growth;
    }

    private static Growth classify(Path folder, int calls, int threads) {
        List<byte[]> pictures = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            pictures.add(PngEncoder.encode(picture(RandomKey.of(3).with(i).stream(), 40 + 3 * i)));
        }
        Growth growth = new Growth();
        int every = Math.max(1, calls / WATCHED);
        AtomicInteger next = new AtomicInteger();
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        try (ImageClassifier classifier =
                ImageClassifier.load(folder, ImageClassifier.Options.defaults().withThreads(threads))) {
            List<Future<?>> running = new ArrayList<>();
            for (int caller = 0; caller < CALLERS; caller++) {
                running.add(callers.submit(() -> {
                    for (int call = next.getAndIncrement(); call < calls; call = next.getAndIncrement()) {
                        classifier.classify(pictures.get(call % pictures.size()));
                        if (call % every == 0) {
                            growth.look();
                        }
                    }
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            callers.shutdownNow();
        }
        return growth;
    }

    private static Dataset pictures(int count, long seed) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            RandomKey.Stream random = RandomKey.of(seed).with(i).stream();
            float[] labels = new float[LABELS];
            for (int j = 0; j < LABELS; j++) {
                labels[j] = random.nextInt(2);
            }
            samples.add(new Sample("picture-" + i, picture(random, SIDE), labels));
        }
        return new Dataset() {
            @Override
            public int size() {
                return samples.size();
            }

            @Override
            public Sample get(int index) {
                return samples.get(index);
            }
        };
    }

    private static Picture picture(RandomKey.Stream random, int side) {
        byte[] pixels = new byte[side * side * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) random.nextInt(256);
        }
        return new Picture(side, side, 3, pixels);
    }

    private static Picture darkened(Picture picture, RandomKey key) {
        int darker = key.stream().nextInt(40);
        byte[] pixels = picture.pixels().clone();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) Math.max(0, (pixels[i] & 0xFF) - darker);
        }
        return new Picture(picture.width(), picture.height(), picture.channels(), pixels);
    }
}
