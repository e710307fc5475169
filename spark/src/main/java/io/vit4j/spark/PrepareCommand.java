package io.vit4j.spark;

import io.vit4j.PrepareRequest;
import io.vit4j.base.ByteSize;
import io.vit4j.base.InputException;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.LabelTable;
import io.vit4j.data.NihLabelFile;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.Split;
import io.vit4j.model.Sides;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code prepare}: a folder of pictures becomes a data set in shards. */
@Command(
        name = "prepare",
        description = "Decodes and resizes pictures, and writes a data set in shards.",
        sortOptions = false)
final class PrepareCommand implements Runnable {
    private enum NoFinding {
        KEEP,
        DROP
    }

    @Spec
    private CommandSpec spec;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Folder with the pictures.")
    private String data;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "The label file. Default: the one in DIR that is known by its name, or a folder per class.")
    private Optional<String> labels;

    @Option(names = "--image-column", paramLabel = "NAME", description = "Column with the pictures' names.")
    private Optional<String> imageColumn;

    @Option(
            names = "--label-column",
            paramLabel = "NAME",
            description = "Column with the label: one per row, or several with --label-separator.")
    private Optional<String> labelColumn;

    @Option(names = "--label-separator", paramLabel = "TEXT", description = "Text between two labels, such as \"|\".")
    private Optional<String> labelSeparator;

    @Option(
            names = "--label-columns",
            split = ",",
            paramLabel = "A,B,C",
            description = "Columns that are labels, each with 1 or 0.")
    private List<String> labelColumns = List.of();

    @Option(names = "--patient-column", paramLabel = "NAME", description = "Column that identifies the patient.")
    private Optional<String> patientColumn;

    @Option(
            names = "--split-column",
            paramLabel = "NAME",
            description = "Column that contains train, validation or test.")
    private Optional<String> splitColumn;

    @Option(
            names = "--classes",
            split = ",",
            paramLabel = "A,B,C",
            description = "Folders that are classes. Default: the folder of each picture is its class.")
    private List<String> classes = List.of();

    @Option(
            names = "--no-finding-label",
            paramLabel = "keep|drop",
            defaultValue = "keep",
            description = "Whether NIH's \"No Finding\" is a label. Default: ${DEFAULT-VALUE}.")
    private NoFinding noFinding;

    @Option(names = "--output", required = true, paramLabel = "DATASET", description = "Folder for the data set.")
    private String output;

    @Option(
            names = "--model",
            paramLabel = "CKPT",
            description = "Checkpoint whose preprocessor_config.json sets size and filter. Default: 224x224, bilinear.")
    private Optional<String> model;

    @Option(names = "--image-size", paramLabel = "N|HxW", description = "Another size than that.")
    private Optional<String> imageSize;

    @Option(
            names = "--store-size",
            paramLabel = "N",
            description = "Store pictures at NxN, larger than the model's size.")
    private Optional<Integer> storeSize;

    @Option(names = "--shard-size", paramLabel = "SIZE", description = "Most bytes of a shard. Default: 512 MiB.")
    private Optional<String> shardSize;

    @Option(
            names = "--on-bad-image",
            paramLabel = "fail|skip",
            defaultValue = "fail",
            description = "What to do with a missing or unreadable picture. Default: ${DEFAULT-VALUE}.")
    private PrepareDataset.OnBadImage onBadImage;

    @Option(
            names = "--overwrite",
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            defaultValue = "false",
            description = "Replace a data set that is already in the folder.")
    private boolean overwrite;

    @Option(
            names = "--validation",
            paramLabel = "FRACTION",
            description = "Fraction for validation. Default: as the labels define, else 0.05.")
    private Optional<Double> validation;

    @Option(
            names = "--test",
            paramLabel = "FRACTION",
            description = "Fraction for testing. Default: as the labels define, else 0.1.")
    private Optional<Double> test;

    @Option(
            names = "--split-by",
            paramLabel = "patient|image",
            defaultValue = "patient",
            description = "What stays in one split. Default: ${DEFAULT-VALUE}.")
    private Split.By by;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1337",
            description = "Seed of the split. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Override
    public void run() {
        SparkSession spark = Main.session("prepare");
        PreparedDataset prepared = VitDatasets.prepare(spark, data, output, request -> options(spark, request));
        PrintWriter out = spec.commandLine().getOut();
        out.println(prepared.dataset()
                + (prepared.rows().isEmpty() ? "" : ": " + counts(prepared))
                + (prepared.skipped() > 0 ? "; " + prepared.skipped() + " left out, see skipped.csv" : ""));
        prepared.remarks().forEach(remark -> out.println("  " + remark));
    }

    private static String counts(PreparedDataset prepared) {
        return String.join(
                ", ",
                prepared.rows().entrySet().stream()
                        .map(entry -> String.format(Locale.ROOT, "%,d %s", entry.getValue(), entry.getKey()))
                        .toList());
    }

    private PrepareRequest options(SparkSession spark, PrepareRequest request) {
        Optional<CsvLabelFile.Columns> columns = columns();
        request.folder(folder -> {
                    folder.classes(classes)
                            .noFinding(
                                    noFinding == NoFinding.KEEP
                                            ? NihLabelFile.NoFinding.KEEP
                                            : NihLabelFile.NoFinding.DROP);
                    columns.ifPresent(folder::columns);
                    labels.ifPresent(file -> folder.labelFile(file, content(spark, file)));
                })
                .split(this::split)
                .onBadImage(onBadImage)
                .overwrite(overwrite);
        model.ifPresent(name -> request.forModel(
                StartFolder.of(name, spark.sparkContext().hadoopConfiguration(), System.getProperty("java.io.tmpdir"))
                        .here()));
        imageSize
                .map(size -> Sides.parse("--image-size", size))
                .ifPresent(size -> request.imageSize(size.height(), size.width()));
        storeSize.ifPresent(request::storeSize);
        shardSize.ifPresent(size -> request.shardSize(ByteSize.parse("--shard-size", size)));
        return request;
    }

    private static byte[] content(SparkSession spark, String file) {
        try {
            return HadoopFolder.of("/", spark.sparkContext().hadoopConfiguration())
                    .read(file);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private Split split(LabelTable table) {
        Split usual = Split.usual(table, by, seed);
        return new Split(
                validation.<Split.SplitRule>map(Split.Fraction::new).orElse(usual.validation()),
                test.<Split.SplitRule>map(Split.Fraction::new).orElse(usual.test()),
                Optional.empty(),
                by,
                seed);
    }

    private Optional<CsvLabelFile.Columns> columns() {
        boolean named = labelColumn.isPresent() || !labelColumns.isEmpty();
        if (imageColumn.isEmpty() && !named) {
            return Optional.empty();
        }
        if (imageColumn.isEmpty() || !named || labelColumn.isPresent() && !labelColumns.isEmpty()) {
            throw new InputException(
                    "describe the columns of a label file with --image-column and either --label-column"
                            + " or --label-columns");
        }
        CsvLabelFile.Labels meaning = labelColumn
                .<CsvLabelFile.Labels>map(column -> labelSeparator
                        .<CsvLabelFile.Labels>map(text -> new CsvLabelFile.JoinedLabels(column, text))
                        .orElseGet(() -> new CsvLabelFile.OneLabel(column)))
                .orElseGet(() -> new CsvLabelFile.IndicatorColumns(labelColumns, CsvLabelFile.Uncertain.IGNORE));
        return Optional.of(new CsvLabelFile.Columns(imageColumn.get(), meaning, patientColumn, splitColumn));
    }
}
