package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Collator;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.Picture;
import io.vit4j.metrics.MultilabelMetrics;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Tensors;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.LogEntry;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrozenBackboneTest {
    private static final List<String> LABELS = List.of("Nodule", "Hernia", "Mass");

    @TempDir
    Path output;

    /** Random pictures with random labels, some unknown; counts how often one is read. */
    private static final class Noise implements Dataset {
        private final int size;
        private final String digest;
        final AtomicInteger reads = new AtomicInteger();
        Runnable whenRead = () -> {};

        Noise(int size, String digest) {
            this.size = size;
            this.digest = digest;
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public Optional<String> digest() {
            return Optional.of(digest).filter(name -> !name.isEmpty());
        }

        @Override
        public float[] labels(int index) {
            RandomKey.Stream random = RandomKey.of(size).with("labels").with(index).stream();
            float[] labels = new float[LABELS.size()];
            for (int i = 0; i < labels.length; i++) {
                int drawn = random.nextInt(10);
                labels[i] = drawn == 0 ? Float.NaN : drawn % 2;
            }
            return labels;
        }

        @Override
        public Sample get(int index) {
            reads.incrementAndGet();
            whenRead.run();
            byte[] pixels = new byte[32 * 32];
            RandomKey.Stream random = RandomKey.of(size).with(index).stream();
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) random.nextInt(256);
            }
            return new Sample(index + ".png", new Picture(32, 32, 1, pixels), labels(index));
        }
    }

    private record Run(List<LogEntry> logs, float[] classifier, TrainerState state) {}

    private TrainingArguments arguments(Map<String, String> given) {
        Map<String, String> all = new HashMap<>(Map.of(
                "output_dir", output.toString(),
                "overwrite_output_dir", "true",
                "freeze_backbone", "true",
                "num_train_epochs", "3",
                "per_device_train_batch_size", "8",
                "learning_rate", "0.01",
                "logging_steps", "1",
                "eval_strategy", "epoch",
                "save_strategy", "no",
                "dtype", "float32"));
        all.putAll(given);
        return TrainingArguments.builder().set(all).build();
    }

    private Run run(TrainingArguments arguments, Dataset train, Dataset eval, boolean plain) {
        try (VisionModel model = SmallModels.fromScratch(ProblemType.MULTI_LABEL, LABELS.toArray(String[]::new))) {
            TrainerBuilder builder = Trainer.builder(model, arguments)
                    .trainDataset(train)
                    .evalDataset(eval)
                    .metrics(new MultilabelMetrics(LABELS));
            if (plain) {
                builder.collator(Collator.normalising(model.processor()::normalise, 3));
            }
            try (Trainer trainer = builder.build()) {
                trainer.train();
                return new Run(
                        trainer.state().logHistory(),
                        Tensors.toFloats(model.parameters().get("classifier.weight")),
                        trainer.state());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"float32", "bfloat16"})
    void trainingOnKeptFeaturesIsTrainingThroughTheFrozenModel(String dtype) {
        TrainingArguments arguments = arguments(Map.of("dtype", dtype, "optim", "lamb", "weight_decay", "0.1"));
        Run walked = run(arguments, new Noise(37, "train"), new Noise(20, "eval"), true);
        assertThat(output.resolve("features")).doesNotExist();
        Run kept = run(arguments, new Noise(37, "train"), new Noise(20, "eval"), false);
        assertThat(kept.logs()).hasSameSizeAs(walked.logs()).hasSize(15 + 3 + 1);
        for (int i = 0; i < walked.logs().size() - 1; i++) {
            for (Map.Entry<String, Double> value :
                    walked.logs().get(i).metrics().values().entrySet()) {
                if (!value.getKey().contains("runtime") && !value.getKey().contains("per_second")) {
                    assertThat(kept.logs().get(i).get(value.getKey()))
                            .as("%s of entry %d", value.getKey(), i)
                            .isCloseTo(value.getValue(), within(1e-6));
                }
            }
        }
        for (int i = 0; i < walked.classifier().length; i++) {
            assertThat(kept.classifier()[i]).isCloseTo(walked.classifier()[i], within(1e-6f));
        }
    }

    @Test
    void featuresOnDiskAreReadAgainAndStaleOnesAreNot() throws IOException {
        Noise first = new Noise(30, "train");
        Run run = run(arguments(Map.of()), first, new Noise(10, "eval"), false);
        assertThat(first.reads.get()).isEqualTo(30);
        List<Path> files = files();
        assertThat(files).hasSize(2);

        Noise again = new Noise(30, "train");
        Noise eval = new Noise(10, "eval");
        assertThat(run(arguments(Map.of()), again, eval, false).classifier()).containsExactly(run.classifier());
        assertThat(again.reads.get() + eval.reads.get()).isZero();

        Noise other = new Noise(30, "other pictures");
        run(arguments(Map.of()), other, new Noise(10, "eval"), false);
        assertThat(other.reads.get()).isEqualTo(30);

        Noise precise = new Noise(30, "train");
        run(arguments(Map.of("dtype", "bfloat16")), precise, new Noise(10, "eval"), false);
        assertThat(precise.reads.get()).as("another precision").isEqualTo(30);
        assertThat(files()).hasSize(2).doesNotContainAnyElementsOf(files);

        for (Path file : files()) {
            Files.write(file, new byte[100]);
        }
        Noise damaged = new Noise(30, "train");
        run(arguments(Map.of("dtype", "bfloat16")), damaged, new Noise(10, "eval"), false);
        assertThat(damaged.reads.get()).as("damaged").isEqualTo(30);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(output.resolve("features"))) {
            return files.toList();
        }
    }

    @Test
    void picturesWithoutADigestAreReadOnceARun() {
        for (int i = 0; i < 2; i++) {
            Noise train = new Noise(12, "");
            run(arguments(Map.of()), train, new Noise(10, ""), false);
            assertThat(train.reads.get()).isEqualTo(12);
        }
    }

    @Test
    void augmentedPicturesAreWalkedEachTime() {
        Noise train = new Noise(16, "train");
        ImageTransform random = (picture, key) -> {
            byte[] pixels = picture.pixels().clone();
            pixels[0] = (byte) key.key();
            return new Picture(picture.width(), picture.height(), picture.channels(), pixels);
        };
        try (VisionModel model = SmallModels.fromScratch(ProblemType.MULTI_LABEL, LABELS.toArray(String[]::new));
                Trainer trainer = Trainer.builder(model, arguments(Map.of("eval_strategy", "no")))
                        .trainDataset(train)
                        .transforms(random, ImageTransform.none())
                        .build()) {
            trainer.train();
        }
        assertThat(train.reads.get()).isGreaterThanOrEqualTo(3 * 16);
        assertThat(output.resolve("features")).doesNotExist();
    }

    @Test
    void anInterruptEndsTheComputingOfFeatures() {
        Noise train = new Noise(4000, "train");
        List<Trainer> running = new ArrayList<>();
        train.whenRead = () -> running.forEach(Trainer::interrupt);
        try (VisionModel model = SmallModels.fromScratch(ProblemType.MULTI_LABEL, LABELS.toArray(String[]::new));
                Trainer trainer = Trainer.builder(model, arguments(Map.of("eval_strategy", "no")))
                        .trainDataset(train)
                        .build()) {
            running.add(trainer);
            trainer.train();
            assertThat(trainer.wasInterrupted()).isTrue();
            assertThat(trainer.state().globalStep()).isZero();
        }
        assertThat(train.reads.get()).isLessThan(500);
    }

    @Test
    void aResumedRunRepeatsTheUninterruptedOne() {
        Map<String, String> saving = Map.of("save_strategy", "steps", "save_steps", "4");
        Run whole = run(arguments(saving), new Noise(30, "train"), new Noise(10, "eval"), false);
        Map<String, String> resuming = new HashMap<>(saving);
        resuming.put("resume_from_checkpoint", output.resolve("checkpoint-4").toString());
        Run resumed = run(arguments(resuming), new Noise(30, "train"), new Noise(10, "eval"), false);
        assertThat(resumed.state().globalStep()).isEqualTo(12);
        assertThat(resumed.classifier()).containsExactly(whole.classifier());
    }
}
