package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.JavaProcess;
import io.vit4j.parallel.RankEnvironment;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Ranks as processes over a small data set and a small new model. */
abstract class RankRuns {
    private static final String MODEL =
            "{\"model_type\":\"vit\",\"hidden_size\":32,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
                    + "\"intermediate_size\":64,\"image_size\":32,\"patch_size\":16}";
    static final int STEPS = 40;

    @TempDir
    static Path shared;

    private static Path model;
    static Path dataset;

    @TempDir
    Path folder;

    final List<Process> started = new ArrayList<>();

    @BeforeAll
    static void prepare() throws IOException {
        assumeTrue(Files.isDirectory(Path.of("/proc/self")), "no /proc to tell ranks apart by");
        dataset = prepare("pictures", 40);
        model = Files.writeString(shared.resolve("model.json"), MODEL);
    }

    static Path prepare(String name, int count) throws IOException {
        Path base = Files.createDirectories(shared.resolve("base-" + name));
        Files.writeString(base.resolve("config.json"), MODEL);
        Files.writeString(base.resolve("preprocessor_config.json"), "{\"size\":{\"height\":32,\"width\":32}}");
        Random random = new Random(count);
        for (String label : List.of("dark", "light")) {
            Path of = Files.createDirectories(shared.resolve(name).resolve(label));
            for (int i = 0; i < count; i++) {
                BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
                int[] pixels = random.ints(32 * 32, 0, 140)
                        .map(p -> p + (label.equals("light") ? 100 : 0))
                        .toArray();
                image.getRaster().setPixels(0, 0, 32, 32, pixels);
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
        Path prepared = shared.resolve("dataset-" + name);
        CommandRun run = CommandRun.of(
                "prepare",
                "--data",
                shared.resolve(name).toString(),
                "--model",
                base.toString(),
                "--output",
                prepared.toString(),
                "--validation",
                "0.2",
                "--test",
                "0");
        assertThat(run.exitCode()).as(run.err()).isZero();
        return prepared;
    }

    static List<String> train(Path output, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "train",
                "--from-scratch",
                model.toString(),
                "--dataset",
                dataset.toString(),
                "--output",
                output.toString(),
                "--max-steps",
                Integer.toString(STEPS),
                "--per-device-train-batch-size",
                "4",
                "--learning-rate",
                "1e-3",
                "--dtype",
                "float32",
                "--threads",
                "1",
                "--save-steps",
                "10",
                "--save-total-limit",
                "2",
                "--rendezvous-timeout",
                "30"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** A process that has ended. */
    record Run(int exitCode, String text) {
        List<String> lines() {
            return text.lines().toList();
        }
    }

    Process start(List<String> arguments, RankEnvironment... self) throws IOException {
        ProcessBuilder builder = JavaProcess.of(Main.class, List.of("-Xmx256m"), arguments.toArray(String[]::new))
                .redirectErrorStream(true);
        builder.environment().put("OMP_NUM_THREADS", "1"); // as torchrun gives its ranks
        for (RankEnvironment rank : self) {
            builder.environment().putAll(rank.variables());
        }
        builder.redirectOutput(folder.resolve("output-" + started.size()).toFile());
        Process process = builder.start();
        started.add(process);
        return process;
    }

    Run end(Process process) throws IOException, InterruptedException {
        int exitCode = process.waitFor();
        Path output = folder.resolve("output-" + started.indexOf(process));
        return new Run(exitCode, Files.readString(output));
    }

    Process startLaunch(List<String> command, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("launch", "--nproc-per-node", "2"));
        arguments.addAll(List.of(options));
        arguments.add("--");
        arguments.addAll(command);
        return start(arguments);
    }

    Run launch(List<String> command, String... options) throws IOException, InterruptedException {
        return end(startLaunch(command, options));
    }

    @AfterEach
    void nothingIsLeft() {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
