package io.vit4j.bench;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Device;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerBuilder;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Times the optimizer steps of one rank of a job: {@code bench/parallel/steps} starts them. Training arguments are given as
 * {@code name=value}; {@code model}, {@code steps} and {@code warm_up} (1) are this program's own. Rank 0 prints the median of
 * the steps after those to warm up.
 */
public final class RankSteps {
    private RankSteps() {}

    public static void main(String[] args) throws IOException {
        Map<String, String> given = new HashMap<>();
        for (String arg : args) {
            given.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
        }
        String preset = given.remove("model");
        int steps = Integer.parseInt(given.remove("steps"));
        int warmUp = Integer.parseInt(given.getOrDefault("warm_up", "1"));
        given.remove("warm_up");
        Optional<Path> temporary = System.getenv().containsKey("STEPS_OUTPUT")
                ? Optional.empty()
                : Optional.of(Files.createTempDirectory("rank-steps"));
        given.put("output_dir", temporary.map(Path::toString).orElseGet(() -> System.getenv("STEPS_OUTPUT")));
        given.put("max_steps", Integer.toString(warmUp + steps));
        given.put("save_strategy", "no");
        given.put("logging_strategy", "no");
        given.put("overwrite_output_dir", "true");
        TrainingArguments arguments = TrainingArguments.builder().set(given).build();
        List<String> labels = IntStream.range(0, 15).mapToObj(i -> "label " + i).toList();
        ModelDefinition config = ModelDefinition.preset(preset).withLabels(labels, ProblemType.MULTI_LABEL);
        StepTimes times = new StepTimes();
        Optional<ParallelConfig> layout = ParallelArguments.config(arguments);
        Predicate<String> here = ParallelArguments.weightsHere(
                        layout, RankEnvironment.read(System.getenv()), arguments, false)
                .apply(config);
        try (VisionModel model = VisionModel.fromScratch(config, ImageProcessor.defaults(), Device.CPU, 7, here)) {
            TrainerBuilder builder = Trainer.builder(model, arguments)
                    .trainDataset(pictures(config.imageHeight(), labels.size()))
                    .callback(times);
            layout.ifPresent(builder::parallel);
            try (Trainer trainer = builder.build()) {
                String loaded = resident();
                trainer.train();
                if (trainer.isWorldProcessZero()) {
                    double samples = samplesPerStep(arguments, layout);
                    System.out.printf(
                            Locale.ROOT,
                            "%.2f images/s, median step %.4f s of %d%n",
                            samples / times.median(warmUp),
                            times.median(warmUp),
                            steps);
                }
                System.out.println("rank " + System.getenv().getOrDefault("RANK", "0") + ": before training " + loaded
                        + "; now " + resident());
            }
        } finally {
            temporary.ifPresent(DurableFiles.SYSTEM::delete);
        }
    }

    private static double samplesPerStep(TrainingArguments arguments, Optional<ParallelConfig> layout) {
        int accumulation = arguments.gradientAccumulationSteps();
        int replicas = 1;
        if (layout.isPresent()) {
            accumulation = layout.get().gradientAccumulationSteps().orElse(1);
            replicas = layout.get().replicas();
        }
        return (double) arguments.perDeviceTrainBatchSize() * replicas * accumulation;
    }

    /** The kernel's figures for this process: the memory that is resident, and the most that was. */
    private static String resident() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.isReadable(status)
                ? Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("VmRSS") || line.startsWith("VmHWM"))
                        .map(line -> line.replaceAll("\\s+", " "))
                        .collect(Collectors.joining(", "))
                : "";
    }

    /** Always the same random picture, so that no time goes into reading. */
    private static Dataset pictures(int side, int labels) {
        byte[] pixels = new byte[side * side * 3];
        RandomKey.Stream chance = RandomKey.of(1).stream();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) chance.nextInt(256);
        }
        float[] truth = new float[labels];
        for (int i = 0; i < labels; i++) {
            truth[i] = chance.nextInt(2);
        }
        Sample sample = new Sample("random", new Picture(side, side, 3, pixels), truth);
        return new Dataset() {
            @Override
            public int size() {
                return 100_000;
            }

            @Override
            public Sample get(int index) {
                return sample;
            }
        };
    }

    private static final class StepTimes implements TrainerCallback {
        private final List<Long> ends = new ArrayList<>(); // first the start

        @Override
        public void onStepEnd(TrainerState state, TrainerControl control) {
            ends.add(System.nanoTime());
        }

        @Override
        public void onTrainBegin(TrainerState state, TrainerControl control) {
            ends.add(System.nanoTime());
        }

        double median(int warmUp) {
            double[] seconds = new double[ends.size() - 1 - warmUp];
            for (int i = 0; i < seconds.length; i++) {
                seconds[i] = (ends.get(warmUp + i + 1) - ends.get(warmUp + i)) / 1e9;
            }
            Arrays.sort(seconds);
            return seconds[seconds.length / 2];
        }
    }
}
