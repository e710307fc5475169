package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.Datasets;
import io.vit4j.data.Split;
import io.vit4j.evaluate.Comparison;
import io.vit4j.evaluate.DatasetFit;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.PredictionsFile;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.report.ComparisonText;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j compare}: two models on the same pictures. */
@Command(
        name = "compare",
        description = "Compares the AUROC of two models on the same pictures, per label and on average.",
        footer = {
            "",
            "Uses DeLong's paired test, and resamples patients with all of their pictures. A and B are"
                    + " folders of models",
            "that have been evaluated, or files written by evaluate --predictions. With --dataset, the"
                    + " models are run now.",
            "",
            "Examples:",
            "  vit4j compare tuned-a tuned-b",
            "  vit4j compare tuned-a tuned-b --dataset dataset --split test",
            "  vit4j compare a.csv b.csv --json"
        },
        sortOptions = false)
final class CompareCommand implements Runnable {
    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "A", description = "The folder of a model, or a predictions file.")
    private Path first;

    @Parameters(index = "1", paramLabel = "B", description = "The model or file to compare it with.")
    private Path second;

    @Option(
            names = "--dataset",
            paramLabel = "DATASET",
            description = "Folder written by prepare. Both models are run on it now.")
    private Optional<Path> dataset;

    @Option(
            names = "--split",
            paramLabel = "NAME",
            description = "validation or test. Default: test if both were evaluated on it, else validation.")
    private Optional<String> split;

    @Option(
            names = "--bootstrap-rounds",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Number of resamples of patients. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--json", description = "Print one JSON object instead of a table.")
    private boolean json;

    @Mixin
    private ModelOptions options;

    @Override
    public void run() {
        String name = split.orElseGet(() -> dataset.isPresent() ? Split.TEST : Comparison.sharedSplit(first, second));
        Comparison comparison = Comparison.of(side(first, name), side(second, name), rounds);
        PrintWriter out = spec.commandLine().getOut();
        out.println(
                json
                        ? comparison.toJson().line()
                        : ComparisonText.of(comparison).stripTrailing());
        out.flush();
    }

    private Comparison.Side side(Path path, String name) {
        return dataset.isPresent() && Files.isDirectory(path)
                ? predicted(path, dataset.get(), name)
                : Comparison.Side.read(path, name);
    }

    private Comparison.Side predicted(Path folder, Path where, String name) {
        try (ArrowDataset data = ArrowDataset.open(where)
                        .inOrderOf(Pretrained.definition(folder).labels());
                VisionModel model = Pretrained.load(
                                folder,
                                Pretrained.Options.asItIs(
                                        options.device(), data.info().problemType()))
                        .model()) {
            int[] rows = data.rows(name);
            if (rows.length == 0) {
                throw InputException.in(
                        where, "has no pictures in its split '" + name + "'; name another with --split");
            }
            DatasetFit.requireLabels(where, data.labels().names(), folder, model.labels());
            DatasetFit.requirePictures(where, data.info(), folder, model.definition());
            Predictor.Predicted predicted = new Predictor(model, options.settings())
                    .predict(Datasets.subset(data, rows), CentreCrop.of(data.info()), vit4j.progress());
            PredictionsFile file = new PredictionsFile(
                    model.definition().labels(),
                    Arrays.stream(rows).mapToObj(data::fileName).toList(),
                    predicted.prediction());
            return Comparison.Side.of(folder, file, data, rows);
        }
    }
}
