package io.vit4j.spark;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code predict}: a table of scores for folders of pictures. */
@Command(name = "predict", description = "Writes a table with the scores of pictures.", sortOptions = false)
final class PredictCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the tuned model.")
    private String model;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "TABLE",
            description = "Folder for the table: path, scores (by label), present, fault.")
    private String output;

    @Option(
            names = "--format",
            paramLabel = "parquet|json",
            defaultValue = "parquet",
            description = "Format of the table. Default: ${DEFAULT-VALUE}.")
    private String format;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            defaultValue = "float32",
            description = "float32, bfloat16 or float16. Default: ${DEFAULT-VALUE}.")
    private String dtype;

    @Parameters(paramLabel = "FOLDER", arity = "1..*", description = "Folders of pictures, also with folders in them.")
    private List<String> inputs;

    @Override
    public void run() {
        SparkSession spark = Main.session("predict");
        Dataset<Row> pictures = spark.read()
                .format("binaryFile")
                .option("recursiveFileLookup", true)
                .load(inputs.toArray(String[]::new));
        ViTClassificationModel.of(spark, model)
                .setDtype(dtype)
                .transform(pictures.select("path", "content"))
                .drop("content")
                .write()
                .format(format)
                .save(output);
        Dataset<Row> written = spark.read().format(format).load(output);
        long all = written.count();
        long faulty = format.equals("json") && !List.of(written.columns()).contains("fault")
                ? 0
                : written.filter("fault is not null").count();
        spec.commandLine()
                .getOut()
                .println(output + ": " + all + " pictures"
                        + (faulty > 0 ? ", " + faulty + " of which cannot be read: see the column fault" : ""));
    }
}
