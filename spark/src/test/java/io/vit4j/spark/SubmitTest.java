package io.vit4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster that has Spark's jars and nothing else is given vit4j's by spark-submit. */
@Tag("exhaustive")
class SubmitTest {
    private static final Pattern OWN = Pattern.compile(
            ".*/(bytedeco|jna|fastcsv|snakeyaml-engine|picocli|arrow-format|flatbuffers-java|commons-compress)/.*");

    @TempDir
    Path folder;

    private final List<String> jars = new ArrayList<>();
    private String main;
    private String sparks;

    /** Folders of classes are packed, as Maven does it later. */
    private void divideTheClassPath() throws IOException {
        List<String> others = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path) && path.endsWith("classes")) {
                String module = path.getParent().getParent().getFileName().toString();
                Path jar = folder.resolve("vit4j-" + module + ".jar");
                ToolProvider.findFirst("jar")
                        .orElseThrow()
                        .run(System.out, System.err, "-c", "-f", jar.toString(), "-C", entry, ".");
                jars.add(jar.toString());
                main = module.equals("spark") ? jar.toString() : main;
            } else if (entry.contains("/vit4j-") && !entry.endsWith("-tests.jar")
                    || OWN.matcher(entry).matches()) {
                jars.add(entry);
                main = path.getFileName().toString().startsWith("vit4j-spark") ? entry : main;
            } else if (entry.endsWith(".jar") && !entry.contains("/vit4j-")) {
                others.add(entry);
            }
        }
        sparks = String.join(File.pathSeparator, others);
    }

    private String submit(StandaloneCluster cluster, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
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
                "spark.executor.extraClassPath=" + sparks,
                "--jars",
                String.join(",", jars),
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
        divideTheClassPath();
        String pictures = DrawnPictures.draw(folder.resolve("cxr"), 120, Set.of())
                .folder()
                .toString();
        String start = SmallModels.save(
                        folder.resolve("checkpoint"), ProblemType.MULTI_LABEL, "Edema", "Mass", "No Finding")
                .toString();
        String dataset = folder.resolve("dataset").toString();
        String tuned = folder.resolve("tuned").toString();
        String local = folder.resolve("local").toString();
        try (StandaloneCluster cluster = new StandaloneCluster(folder.resolve("cluster"), sparks)) {
            assertThat(submit(cluster, "prepare", "--data", pictures, "--output", dataset, "--model", start))
                    .contains(" train, ");
            assertThat(submit(
                            cluster,
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
            assertThat(submit(cluster, "evaluate", "--model", tuned, "--dataset", dataset, "--local-dir", local))
                    .contains("eval_loss");
            assertThat(submit(
                            cluster,
                            "predict",
                            "--model",
                            tuned,
                            "--output",
                            folder.resolve("scores").toString(),
                            pictures + "/images"))
                    .contains("120 pictures");
        }
    }
}
