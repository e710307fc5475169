package io.vit4j.cli;

import io.vit4j.PrepareRequest;
import io.vit4j.base.ByteSize;
import io.vit4j.base.TerminalText;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.PrepareDataset.Prepared;
import io.vit4j.options.DatasetOptions;
import io.vit4j.options.HelpSection;
import io.vit4j.options.LabelOptions;
import io.vit4j.options.PictureOptions;
import io.vit4j.options.SplitOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j prepare}: images and a label file become a data set. */
@Command(
        name = "prepare",
        description = "Decodes and resizes images once, reads their labels, and writes a data set to train from.",
        footer = {
            "If interrupted, the same command continues where it stopped. All problems with the files are"
                    + " reported together",
            "and listed in problems.csv in the folder of the data set.",
            "",
            "Examples:",
            "  vit4j prepare --data CXR8 --output dataset",
            "  vit4j prepare --data CXR8 --output dataset --nih-official --model google/vit-base-patch16-224-in21k",
            "  vit4j prepare --data CXR8 --output dataset --validation-list validation.txt --test 0 --on-bad-image skip",
            "  vit4j prepare --data CheXpert --labels train.csv --output dataset --image-column Path"
                    + " --label-columns Edema,Fracture",
            "",
            "From the Hugging Face hub:",
            "  vit4j prepare --data hf:ethz/food101 --output dataset",
            "",
            "A folder per class needs no label file:",
            "  vit4j prepare --data FLOWERS --output dataset",
            "  vit4j prepare --data MURA-v1.1 --output dataset --classes negative,positive"
        },
        sortOptions = false)
final class PrepareCommand implements Runnable, HelpSection {
    @Override
    public String heading() {
        return "Data set";
    }

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Mixin
    private DataOptions data;

    @Mixin
    private LabelOptions labels;

    @Option(names = "--output", required = true, paramLabel = "DATASET", description = "Folder for the data set.")
    private Path output;

    @Mixin
    private SplitOptions split;

    @Mixin
    private DatasetOptions dataset;

    @Option(
            names = "--shard-size",
            paramLabel = "SIZE",
            description = "Divide the data set into files of at most this size, such as 512MB. Default: one file.")
    private String shardSize;

    @Mixin
    private PictureOptions pictures;

    @Option(names = "--workers", paramLabel = "N", description = "Threads that read images. Default: one per core.")
    private int workers = Runtime.getRuntime().availableProcessors();

    @Override
    public void run() {
        PrepareRequest request = data.request()
                .table(split::named)
                .split(table -> split.split(data::folder, table))
                .decode(pictures.decode())
                .workers(workers)
                .output(output);
        labels.describe(request, (options, file) -> options.labelFile(Path.of(file)));
        dataset.describe(request, UnaryOperator.identity(), labels.patientKey());
        if (shardSize != null) {
            request.shardSize(ByteSize.parse("--shard-size", shardSize));
        }
        print(request.run(vit4j.progress()));
    }

    private void print(Prepared prepared) {
        PrintWriter out = spec.commandLine().getOut();
        DatasetInfo info = prepared.info();
        out.printf(
                Locale.ROOT,
                "%s: %s; %dx%d, %s; %d labels: %s%n",
                prepared.folder(),
                counts(prepared.rows()),
                info.width(),
                info.height(),
                info.channels() == 1 ? "grey" : "colour",
                info.labels().size(),
                TerminalText.of(String.join(", ", info.labels().names())));
        prepared.remarks().forEach(remark -> out.println("  " + TerminalText.of(remark)));
    }

    private static String counts(Map<String, Integer> rows) {
        return rows.entrySet().stream()
                .map(entry -> String.format(Locale.ROOT, "%,d %s", entry.getValue(), entry.getKey()))
                .collect(Collectors.joining(", "));
    }
}
