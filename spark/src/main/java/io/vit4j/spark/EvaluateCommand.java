package io.vit4j.spark;

import io.vit4j.EvaluateRequest;
import io.vit4j.Evaluated;
import io.vit4j.Vit4j;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.Split;
import io.vit4j.metrics.ThresholdRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code evaluate}: measures a tuned model on a split, in one task. */
@Command(name = "evaluate", description = "Measures a tuned model on a split of a data set.", sortOptions = false)
final class EvaluateCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the tuned model.")
    private String model;

    @Option(names = "--dataset", required = true, paramLabel = "DATASET", description = "Folder of the data set.")
    private String dataset;

    @Option(
            names = "--split",
            paramLabel = "NAME",
            defaultValue = Split.VALIDATION,
            description = "train, validation or test. Default: ${DEFAULT-VALUE}.")
    private String split;

    @Option(
            names = "--calibrate",
            description =
                    "Fit temperature and thresholds again on the validation split, and store them with the model.")
    private boolean calibrate;

    @Option(
            names = "--local-dir",
            paramLabel = "DIR",
            description = "Folder on every executor's machine for copies. Default: java.io.tmpdir.")
    private Optional<String> localDir;

    @Override
    public void run() {
        SparkSession spark = Main.session("evaluate");
        Configuration configuration = spark.sparkContext().hadoopConfiguration();
        HadoopFolder tuned = HadoopFolder.of(model, configuration);
        HadoopFolder data = HadoopFolder.of(dataset, configuration);
        String local = localDir.orElse(System.getProperty("java.io.tmpdir"));
        String named = split;
        boolean fits = calibrate;
        String metrics;
        try {
            String copy = LocalFolders.name("data", data);
            metrics = JavaSparkContext.fromSparkContext(spark.sparkContext())
                    .parallelize(List.of(named), 1)
                    .map(of -> evaluated(tuned, LocalFolders.copy(data, copy, local), of, fits))
                    .collect()
                    .get(0);
        } catch (IOException e) {
            throw new io.vit4j.base.InputException(data + ": cannot be read: " + e.getMessage(), e);
        }
        JsonObject values = JsonObject.parse(metrics, "metrics");
        values.keys()
                .forEach(key -> spec.commandLine()
                        .getOut()
                        .println(String.format(
                                Locale.ROOT,
                                "%-40s %s",
                                key,
                                values.anyNumber(key).orElse(Double.NaN))));
        spec.commandLine().getOut().println("Evaluation: " + tuned);
    }

    /** Measures a copy of the model, and brings the files that this has written back. */
    private static String evaluated(HadoopFolder tuned, Path dataset, String split, boolean calibrates)
            throws IOException {
        Path model = LocalFolders.temporary("evaluate");
        try {
            tuned.download(model, file -> !file.startsWith("checkpoint-"));
            FileTime begun = FileTime.fromMillis(System.currentTimeMillis());
            try (var files = Files.walk(model)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.setLastModifiedTime(file, FileTime.fromMillis(begun.toMillis() - 1000));
                }
            }
            EvaluateRequest request = Vit4j.evaluate(model).on(dataset).split(split);
            if (calibrates) {
                request.calibrate(ThresholdRule.YOUDEN);
            }
            Evaluated evaluated = request.run(Progress.NONE).orElseThrow();
            tuned.upload(model, file -> isNew(model.resolve(file), begun));
            return evaluated.metrics().toJson().line();
        } finally {
            LocalFolders.delete(model);
        }
    }

    private static boolean isNew(Path file, FileTime begun) {
        try {
            return Files.getLastModifiedTime(file).compareTo(begun) >= 0;
        } catch (IOException e) {
            return false;
        }
    }
}
