package io.vit4j.bench;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.Picture;
import io.vit4j.model.ViTConfig;
import io.vit4j.model.ViTForImageClassification;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.torch.Device;
import io.vit4j.train.ParallelArguments;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerBuilder;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerState;
import io.vit4j.train.TrainingArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Times the optimizer steps of one rank of a job: {@code bench/parallel/steps} starts them. Training arguments are given as
 * {@code name=value}; {@code model} and {@code steps} are this program's own. Rank 0 prints the median over all steps but
 * the first.
 */
public final class RankSteps {
    private static final int WARM_UP = 1;

    private RankSteps() {}

    public static void main(String[] args) throws IOException {
        Map<String, String> given = new HashMap<>();
        for (String arg : args) {
            given.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
        }
        String preset = given.remove("model");
        int steps = Integer.parseInt(given.remove("steps"));
        Path output = Files.createTempDirectory("rank-steps");
        given.put("output_dir", System.getenv().getOrDefault("STEPS_OUTPUT", output.toString()));
        given.put("max_steps", Integer.toString(WARM_UP + steps));
        given.put("save_strategy", "no");
        given.put("logging_strategy", "no");
        given.put("overwrite_output_dir", "true");
        TrainingArguments arguments = TrainingArguments.builder().set(given).build();
        List<String> labels = IntStream.range(0, 15).mapToObj(i -> "label " + i).toList();
        ViTConfig config = ViTConfig.preset(preset).withLabels(labels, ProblemType.MULTI_LABEL);
        StepTimes times = new StepTimes();
        try (ViTForImageClassification model = ViTForImageClassification.fromScratch(config, Device.CPU, 7)) {
            TrainerBuilder builder = Trainer.builder(model, arguments)
                    .trainDataset(pictures(config.imageHeight(), labels.size()))
                    .callback(times);
            ParallelArguments.config(arguments).ifPresent(builder::parallel);
            try (Trainer trainer = builder.build()) {
                trainer.train();
                if (trainer.isWorldProcessZero()) {
                    double samples = samplesPerStep(arguments);
                    System.out.printf(
                            Locale.ROOT,
                            "%.2f images/s, median step %.4f s of %d%n",
                            samples / times.median(),
                            times.median(),
                            steps);
                }
                System.out.println("rank " + System.getenv().getOrDefault("RANK", "0") + " " + resident());
            }
        }
    }

    private static double samplesPerStep(TrainingArguments arguments) {
        int accumulation = arguments.gradientAccumulationSteps();
        int replicas = 1;
        if (ParallelArguments.config(arguments).isPresent()) {
            ParallelConfig config = ParallelArguments.config(arguments).get();
            accumulation = config.gradientAccumulationSteps().orElse(1);
            replicas = config.replicas();
        }
        return (double) arguments.perDeviceTrainBatchSize() * replicas * accumulation;
    }

    /** The kernel's figure for this process. */
    private static String resident() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.isReadable(status)
                ? Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("VmRSS"))
                        .findFirst()
                        .orElse("")
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
        private final List<Long> ends = new ArrayList<>();

        @Override
        public void onStepEnd(TrainerState state, Control control) {
            ends.add(System.nanoTime());
        }

        double median() {
            double[] seconds = new double[ends.size() - WARM_UP];
            for (int i = 0; i < seconds.length; i++) {
                seconds[i] = (ends.get(WARM_UP + i) - ends.get(WARM_UP + i - 1)) / 1e9;
            }
            Arrays.sort(seconds);
            return seconds[seconds.length / 2];
        }
    }
}
