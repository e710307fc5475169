package io.vit4j.cli;

import io.vit4j.CrossValidateRequest;
import io.vit4j.CrossValidated;
import io.vit4j.Vit4j;
import io.vit4j.options.TrainingArgumentOptions;
import io.vit4j.report.StudyText;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j crossval}: a model for every fold, and one evaluation of all predictions. */
@Command(
        name = "crossval",
        description =
                "Trains a model for every fold, and predicts each picture by the one that has not seen its patient.",
        footer = {
            "",
            "Takes the options of train. All pictures of a patient are in one fold, and labels are spread evenly over"
                    + " folds.",
            "Writes crossval.json, crossval.csv and crossval.html into --output, beside a folder for every run. If you"
                    + " stop it,",
            "the same command continues: finished folds are kept, and the unfinished one goes on from its newest"
                    + " checkpoint.",
            "",
            "Examples:",
            "  vit4j crossval --model google/vit-base-patch16-224-in21k --dataset dataset --output folds \\",
            "      --num-train-epochs 3 --learning-rate 2e-4",
            "  vit4j crossval --from-scratch vit-tiny --dataset dataset --output folds --folds 10 --seeds 3"
        },
        modelTransformer = TrainingArgumentOptions.class,
        sortOptions = false)
final class CrossvalCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(CrossvalCommand.class);

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Mixin
    private TrainingStart start;

    @Option(
            names = "--folds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Number of folds. Default: ${DEFAULT-VALUE}.")
    private int folds;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "1",
            description = "Repeat all folds with this many seeds of training: --seed, --seed + 1, and so on. Default:"
                    + " ${DEFAULT-VALUE}.")
    private int seeds;

    @Option(
            names = "--fold-seed",
            paramLabel = "N",
            defaultValue = "42",
            description =
                    "Seed of the folds, which are the same for all seeds of training. Default:" + " ${DEFAULT-VALUE}.")
    private long foldSeed;

    @Option(
            names = "--validation",
            paramLabel = "SHARE",
            defaultValue = "0.1",
            description = "Share of each fold's training pictures, by patient, that chooses its checkpoint and"
                    + " temperature; 0 for none. Default: ${DEFAULT-VALUE}.")
    private double validation;

    @Option(
            names = "--include-test",
            description = "Use the pictures of the data set's test split, too. By default they are left alone.")
    private boolean includeTest;

    @Override
    public Integer call() {
        TrainingArguments arguments =
                TrainingArgumentOptions.read(spec.commandLine().getParseResult());
        arguments.notes().forEach(LOG::info);
        CrossValidateRequest request = Vit4j.crossValidate(
                        start.request(arguments).arguments(arguments))
                .folds(folds)
                .seeds(seeds)
                .foldSeed(foldSeed)
                .validation(validation)
                .includeTest(includeTest);
        try (Interrupts interrupts = new Interrupts(request::interrupt)) {
            CrossValidated result = request.run(vit4j.progress());
            if (!result.complete()) {
                LOG.info("Interrupted; the same command continues");
                return interrupts.exitCode();
            }
            PrintWriter out = spec.commandLine().getOut();
            out.print(StudyText.of(result));
            result.report().ifPresent(page -> out.println("Report: " + page));
            out.flush();
        }
        return 0;
    }
}
