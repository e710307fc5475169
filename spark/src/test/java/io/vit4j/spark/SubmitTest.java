package io.vit4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.Vit4j;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.model.SmallModels;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A standalone cluster that has Spark's jars and nothing else: spark-submit and the driver bring vit4j's. */
@Tag("exhaustive")
class SubmitTest {
    private static final Pattern OWN = Pattern.compile(
            ".*/(bytedeco|jna|fastcsv|snakeyaml-engine|picocli|arrow-format|flatbuffers-java|commons-compress)/.*");

    @TempDir
    static Path shared;

    private static final List<String> JARS = new ArrayList<>();
    private static String main;
    private static String sparks;
    private static StandaloneCluster cluster;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() throws Exception {
        divideTheClassPath();
        cluster = new StandaloneCluster(shared.resolve("cluster"), sparks);
    }

    @AfterAll
    static void stop() {
        LocalSpark.stop();
        cluster.close();
    }

    /** Folders of classes are packed, as Maven does it later. */
    private static void divideTheClassPath() throws IOException {
        List<String> others = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path) && path.endsWith("classes")) {
                String module = path.getParent().getParent().getFileName().toString();
                Path jar = shared.resolve("vit4j-" + module + ".jar");
                ToolProvider.findFirst("jar")
                        .orElseThrow()
                        .run(System.out, System.err, "-c", "-f", jar.toString(), "-C", entry, ".");
                JARS.add(jar.toString());
                main = module.equals("spark") ? jar.toString() : main;
            } else if (entry.contains("/vit4j-") && !entry.endsWith("-tests.jar")
                    || OWN.matcher(entry).matches()) {
                JARS.add(entry);
                main = path.getFileName().toString().startsWith("vit4j-spark") ? entry : main;
            } else if (entry.endsWith(".jar") && !entry.contains("/vit4j-")) {
                others.add(entry);
            }
        }
        sparks = String.join(File.pathSeparator, others);
    }

    /** @param executors of one core each */
    private String submit(int executors, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                sparks,
                "org.apache.spark.deploy.SparkSubmit",
                "--master",
                cluster.address(),
                "--conf",
                "spark.driver.host=127.0.0.1",
                "--conf",
                "spark.driver.bindAddress=127.0.0.1",
                "--conf",
                "spark.ui.enabled=false",
                "--conf",
                "spark.sql.warehouse.dir=" + folder.resolve("warehouse").toUri(),
                "--conf",
                "spark.executor.memory=1g",
                "--conf",
                "spark.executor.extraJavaOptions=" + LocalSpark.QUICK,
                "--conf",
                "spark.cores.max=" + executors,
                "--conf",
                "spark.executor.extraClassPath=" + sparks,
                "--jars",
                String.join(",", JARS),
                "--class",
                "io.vit4j.spark.Main",
                main));
        command.addAll(List.of(words));
        Path out = folder.resolve(words[0] + ".out");
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(folder.resolve(words[0] + ".err").toFile())
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue())
                .as("%s", Files.readString(folder.resolve(words[0] + ".err")))
                .isZero();
        return Files.readString(out);
    }

    @Test
    void theFourCommands() throws Exception {
        String pictures = DrawnPictures.draw(folder.resolve("cxr"), 120, Set.of())
                .folder()
                .toString();
        String start = SmallModels.save(
                        folder.resolve("checkpoint"), ProblemType.MULTI_LABEL, "Edema", "Mass", "No Finding")
                .toString();
        String dataset = folder.resolve("dataset").toString();
        String tuned = folder.resolve("tuned").toString();
        String local = folder.resolve("local").toString();
        assertThat(submit(1, "prepare", "--data", pictures, "--output", dataset, "--model", start))
                .contains(" train, ");
        assertThat(submit(
                        2,
                        "train",
                        "--model",
                        start,
                        "--dataset",
                        dataset,
                        "--output",
                        tuned,
                        "--ranks",
                        "2",
                        "--local-dir",
                        local,
                        "--max-steps",
                        "4",
                        "--per-device-train-batch-size",
                        "4",
                        "--use-cpu"))
                .contains("Tuned model: file:" + tuned);
        assertThat(submit(1, "evaluate", "--model", tuned, "--dataset", dataset, "--local-dir", local))
                .contains("eval_loss");
        assertThat(submit(
                        1,
                        "predict",
                        "--model",
                        tuned,
                        "--output",
                        folder.resolve("scores").toString(),
                        pictures + "/images"))
                .contains("120 pictures");
    }

    @Test
    void aStandaloneClusterPreparesTrainsAndPredicts() throws Exception {
        SparkSession spark = LocalSpark.of(cluster.address());
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("pictures"), 300, Set.of(200));
        Path dataset = folder.resolve("prepared");
        VitDatasets.prepare(
                spark,
                drawn.folder().toString(),
                dataset.toString(),
                request -> request.imageSize(16, 16).shardSize(90_000));
        Path single = folder.resolve("single");
        Vit4j.prepare(drawn.folder())
                .imageSize(16, 16)
                .shardSize(90_000)
                .output(single)
                .run(Progress.NONE);
        try (Stream<Path> shards = Files.list(single)) {
            for (Path shard :
                    shards.filter(file -> file.toString().endsWith(".arrow")).toList()) {
                assertThat(dataset.resolve(shard.getFileName())).hasSameBinaryContentAs(shard);
            }
        }
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
            data.verify();
        }
        TrainedOnSpark run = new TrainedOnSpark(folder);
        Path replicas = folder.resolve("replicas");
        ViTClassificationModel tuned =
                run.classifier(replicas, 2, 2, "replicas=2").fit(spark);
        TrainedOnSpark.areWithin(1e-5, replicas, run.alone());
        drawn.spoil(7);
        List<Row> scored = tuned.setLocalDir(folder.resolve("local").toString())
                .transform(spark.read()
                        .format("binaryFile")
                        .load(drawn.folder().resolve("images").toString()))
                .select("path", "scores", "fault")
                .collectAsList();
        assertThat(scored).hasSize(300);
        assertThat(scored.stream().filter(row -> row.isNullAt(1))).hasSize(1);
        LocalSpark.stop(); // the cores are for the next one
    }
}
