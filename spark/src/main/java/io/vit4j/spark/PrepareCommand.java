package io.vit4j.spark;

import io.vit4j.PrepareRequest;
import io.vit4j.base.ByteSize;
import io.vit4j.base.InputException;
import io.vit4j.options.DatasetOptions;
import io.vit4j.options.LabelOptions;
import io.vit4j.options.PictureOptions;
import io.vit4j.options.SplitOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code prepare}: a folder of pictures becomes a data set in shards. */
@Command(
        name = "prepare",
        description = "Decodes and resizes pictures, and writes a data set in shards.",
        footer = {
            "",
            "Folders and the file of --labels are in any file system of Hadoop's; other files are on the driver's"
                    + " machine."
        },
        sortOptions = false)
final class PrepareCommand implements Runnable {
    private static final List<String> OFFICIAL_LISTS = List.of("test_list.txt", "train_val_list.txt");

    @Spec
    private CommandSpec spec;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Folder with the pictures.")
    private String data;

    @Mixin
    private LabelOptions labels;

    @Option(names = "--output", required = true, paramLabel = "DATASET", description = "Folder for the data set.")
    private String output;

    @Mixin
    private SplitOptions split;

    @Mixin
    private DatasetOptions dataset;

    @Mixin
    private PictureOptions pictures;

    @Option(names = "--shard-size", paramLabel = "SIZE", description = "Most bytes of a shard. Default: 512 MiB.")
    private Optional<String> shardSize;

    @Override
    public void run() {
        SparkSession spark = Main.session("prepare");
        Path lists = LocalFolders.temporary("lists");
        try {
            print(VitDatasets.prepare(spark, data, output, request -> options(spark, request, lists)));
        } finally {
            LocalFolders.delete(lists);
        }
    }

    private void print(PreparedDataset prepared) {
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

    private PrepareRequest options(SparkSession spark, PrepareRequest request, Path lists) {
        Configuration configuration = spark.sparkContext().hadoopConfiguration();
        HadoopFolder root = HadoopFolder.of("/", configuration);
        labels.describe(request, (options, file) -> options.labelFile(file, content(root, file)));
        dataset.describe(
                request,
                checkpoint -> StartFolder.of(checkpoint, configuration, System.getProperty("java.io.tmpdir"))
                        .here(),
                labels.patientKey());
        request.table(split::named)
                .split(table -> split.split(() -> official(configuration, lists), table))
                .decode(pictures.decode());
        shardSize.ifPresent(size -> request.shardSize(ByteSize.parse("--shard-size", size)));
        return request;
    }

    /** Brings the lists of NIH's release to this machine. */
    private Path official(Configuration configuration, Path lists) {
        HadoopFolder folder = HadoopFolder.of(data, configuration);
        for (String list : OFFICIAL_LISTS) {
            try {
                Files.write(lists.resolve(list), content(folder, list));
            } catch (IOException e) {
                throw InputException.in(lists, "cannot be written: " + e.getMessage(), e);
            }
        }
        return lists;
    }

    private static byte[] content(HadoopFolder folder, String file) {
        try {
            return folder.read(file);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
