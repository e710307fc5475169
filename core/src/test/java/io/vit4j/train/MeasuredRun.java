package io.vit4j.train;

import io.vit4j.JavaProcess;
import io.vit4j.TestDevice;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.MemoryRoom;
import io.vit4j.base.ResidentMemory;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.Picture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Dtype;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.engine.EngineSettings;
import io.vit4j.train.engine.MemoryNeed;
import io.vit4j.train.engine.TrainingRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.Assertions;

/** Two steps of a model whose activations take most of the memory, in a process of their own that says what it had. */
final class MeasuredRun {
    private static final int SIDE = 112;

    /** One round of both lanes. */
    private static final int BATCH = 96;

    private static final int PIECE = 48;
    private static final ModelDefinition MODEL = model(SmallModels.vit(192, 4, 3, 768, SIDE, 16));

    /** As much memory of narrower layers: many processors multiply bfloat16 slowly. */
    private static final ModelDefinition NARROW_MODEL = model(SmallModels.vit(32, 24, 2, 128, SIDE, 16));

    private static ModelDefinition model(JsonObject config) {
        return ModelDefinition.of(config).withLabels(List.of("a"), ProblemType.MULTI_LABEL);
    }

    private MeasuredRun() {}

    /** Bytes that were said to be needed, and those that were taken. */
    record Measured(long estimated, long taken) {}

    static Measured of(Path output, Dtype dtype, boolean recompute) throws Exception {
        RunInProcess.End end = inProcess(
                output.toString(), dtype.name().toLowerCase(Locale.ROOT), Boolean.toString(recompute), "whole");
        Assertions.assertThat(end.code()).as(end.said()).isZero();
        String[] numbers = end.said()
                .lines()
                .filter(line -> line.startsWith("measured "))
                .findFirst()
                .orElseThrow()
                .split(" ");
        return new Measured(Long.parseLong(numbers[1]), Long.parseLong(numbers[2]));
    }

    /** The same, but the system lets it have 64 MiB more than it has when the first batch is made. */
    static RunInProcess.End outOfMemory(Path output) throws Exception {
        return inProcess(output.toString(), "float32", "false", "little");
    }

    private static RunInProcess.End inProcess(String... args) throws Exception {
        List<String> flags = List.of("-Xms128m", "-Xmx128m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error");
        Process process = JavaProcess.of(MeasuredRun.class, flags, args)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new RunInProcess.End(process.waitFor(), said);
    }

    /** The process itself. */
    public static void main(String[] args) {
        long[] before = new long[1];
        TrainingArguments arguments = TrainingArguments.builder()
                .set("output_dir", args[0])
                .set("dtype", args[1])
                .set("gradient_checkpointing", args[2])
                .set("per_device_train_batch_size", Integer.toString(BATCH))
                .set("walk_micro_batch", Integer.toString(PIECE))
                .set("threads", "2")
                .set("max_steps", "2")
                .set("save_steps", "1")
                .set("dataloader_num_workers", "0")
                .build();
        ModelDefinition definition = args[1].equals("bfloat16") ? NARROW_MODEL : MODEL;
        try (VisionModel model = VisionModel.fromScratch(definition, TestDevice.here(), 7);
                Trainer trainer = Trainer.builder(model, arguments)
                        .trainDataset(new Grey(args[3].equals("little"), new AtomicInteger()))
                        .memory(() -> {
                            before[0] = ResidentMemory.now().orElseThrow();
                            return MemoryRoom.here();
                        })
                        .build()) {
            trainer.train();
            EngineSettings settings =
                    TrainingRun.settings(arguments, model, TrainingRun.dtype(arguments), TestDevice.here(), 1);
            MemoryNeed need = MemoryNeed.of(arguments, model, settings, false);
            long taken = ResidentMemory.peak().orElseThrow() - before[0];
            System.out.println("measured " + (need.training() + need.copy()) + " " + taken);
            System.exit(0);
        } catch (InputException e) {
            System.out.println("refused: " + e.getMessage());
            System.exit(2);
        }
    }

    private static void limitAddresses() {
        try {
            long kib = Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmSize:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
            new ProcessBuilder(
                            RunInProcess.PRLIMIT.toString(),
                            "--as=" + (kib * 1024 + (64 << 20)),
                            "--pid",
                            Long.toString(ProcessHandle.current().pid()))
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Grey(boolean little, AtomicInteger asked) implements Dataset {
        @Override
        public int size() {
            return 2 * BATCH;
        }

        @Override
        public Sample get(int index) {
            if (little && asked.incrementAndGet() == BATCH) {
                limitAddresses();
            }
            byte[] pixels = new byte[SIDE * SIDE * 3];
            Arrays.fill(pixels, (byte) index);
            return new Sample(index + ".png", new Picture(SIDE, SIDE, 3, pixels), new float[] {index % 2});
        }
    }
}
