package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.cli.bench.ReportBench;
import io.vit4j.data.ProblemType;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import io.vit4j.model.SmallModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
    @Test
    void theLastLineOfATrainingBenchmarkIsAnObjectWhoseNumbersAgree() {
        ObjectNode result = run(
                "train",
                "--model",
                "vit-tiny",
                "--batch",
                "2",
                "--steps",
                "2",
                "--products",
                "4",
                "--dtype",
                "float32",
                "--threads",
                "2");
        double images = result.get("median_images_per_s").doubleValue();
        assertThat(images).isPositive();
        assertThat(result.get("best_images_per_s").doubleValue()).isGreaterThanOrEqualTo(images);
        assertThat(result.get("model_flops_per_s").doubleValue() / images).isCloseTo(flops(), withinPercentage(0.01));
        assertThat(result.get("fraction_of_ceiling").doubleValue()).isBetween(0.01, 1.5);
        // two threads at most, beside Java's compilers
        assertThat(result.get("processor_ms_per_image").doubleValue() * images).isBetween(10.0, 4000.0);
        assertThat(result.get("threads").intValue()).isEqualTo(2);
        assertThat(result.has("cpu")).isTrue();
        assertThat(result.get("peak_rss_mib").doubleValue()).isGreaterThan(50);
    }

    @Tag("exhaustive")
    @Test
    void everySubjectRuns(@TempDir Path folder) throws IOException {
        String model = SmallModels.save(folder.resolve("model"), ProblemType.MULTI_LABEL, "bright", "left")
                .toString();
        assertThat(run("infer", "--model", model, "--batch", "1", "--steps", "1", "--products", "1")
                        .get("median_images_per_s")
                        .doubleValue())
                .isPositive();
        assertThat(run("matmul", "--dtype", "float32", "--products", "2")
                        .get("product_flops_per_s")
                        .doubleValue())
                .isGreaterThan(1e9);
        ObjectNode latency = run("latency", "--model", model, "--steps", "1");
        assertThat(latency.get("p99_seconds").doubleValue())
                .isGreaterThanOrEqualTo(latency.get("p50_seconds").doubleValue());
        assertThat(latency.get("callers_images_per_s").doubleValue()).isPositive();
        assertThat(run("prepare", "--steps", "1").get("pictures").intValue()).isEqualTo(32);
        ObjectNode load = run("load", "--data", picture(folder).toString(), "--steps", "1", "--pictures", "64");
        assertThat(load.get("pictures").intValue()).isEqualTo(64);
        assertThat(load.get("median_images_per_s").doubleValue()).isPositive();
        assertThat(run("startup", "--model", model, "--batch", "1")
                        .get("seconds")
                        .doubleValue())
                .isPositive();
        ObjectNode metrics = run("metrics", "--steps", "1");
        // the area for two normal distributions a standard deviation apart: the normal distribution at 1/sqrt(2)
        assertThat(metrics.get("macro").doubleValue()).isBetween(0.755, 0.765);
    }

    /** A folder of one small picture. */
    private static Path picture(Path folder) throws IOException {
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        Files.write(pictures.resolve("grey.png"), PngEncoder.encode(new Picture(32, 32, 1, new byte[32 * 32])));
        return pictures;
    }

    @Test
    void theReportIsMeasuredFromItsFiles() {
        ObjectNode report = ReportBench.run(1000, 1);
        assertThat(report.get("first_seconds").doubleValue()).isPositive();
        assertThat(report.get("page_bytes").longValue()).isBetween(100_000L, 5_000_000L);
    }

    @Test
    void whatCannotBeMeasuredIsRefused() {
        assertThat(CommandRun.of("bench", "train", "--steps", "0").exitCode()).isEqualTo(2);
        assertThat(CommandRun.of("bench", "matmul", "--products", "0").exitCode())
                .isEqualTo(2);
        assertThat(CommandRun.of("bench", "load", "--pictures", "0").exitCode()).isEqualTo(2);
        assertThat(CommandRun.of("bench", "train", "--model", "vit-vast").exitCode())
                .isEqualTo(2);
        assertThat(CommandRun.of("bench", "nothing").exitCode()).isEqualTo(2);
    }

    /** What ViT-Ti/16 at 224 computes to train on a picture: products alone, a multiply-add as two operations. */
    private static double flops() {
        double width = 192;
        double rows = 14 * 14 + 1;
        double pixels = 16 * 16 * 3;
        double patches = (rows - 1) * pixels * width;
        double linear = 12 * width * width; // of a row: query, key, value, output, and two of four times the width
        double layer = rows * linear + 2 * rows * rows * width;
        // the head reads one row: the last layer computes key and value of every row, the rest of one
        double last = rows * 2 * width * width + (linear - 2 * width * width) + 2 * rows * width;
        double forward = patches + 11 * layer + last;
        return 2 * (3 * forward - patches); // backward costs twice as much, but pictures have no gradient
    }

    private static ObjectNode run(String... args) {
        String[] line = new String[args.length + 2];
        line[0] = "bench";
        System.arraycopy(args, 0, line, 1, args.length);
        line[line.length - 1] = "--json";
        CommandRun run = CommandRun.of(line);
        assertThat(run.exitCode()).as(run.err()).isZero();
        String[] lines = run.out().strip().split("\n");
        return Json.parseObject(lines[lines.length - 1], "the last line");
    }
}
