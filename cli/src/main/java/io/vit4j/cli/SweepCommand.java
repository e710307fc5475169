package io.vit4j.cli;

import io.vit4j.SweepRequest;
import io.vit4j.Swept;
import io.vit4j.Vit4j;
import io.vit4j.options.TrainingArgumentOptions;
import io.vit4j.report.StudyText;
import io.vit4j.search.Search;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j sweep}: one training after another with different arguments, compared on validation. */
@Command(
        name = "sweep",
        description = "Trains with different arguments in turn, and compares them on the validation split.",
        footer = {
            "",
            "Takes the options of train, which hold for every trial unless FILE.json varies them. The test split is"
                    + " never read.",
            "Writes sweep.json, sweep.csv and sweep.html into --output, beside a folder for every trial. A trial that"
                    + " fails is",
            "recorded. If you stop it, the same command continues.",
            "",
            "FILE.json, with the method random, grid or successive_halving:",
            "  {\"method\": \"random\", \"trials\": 20, \"seed\": 42,",
            "   \"metric\": {\"name\": \"eval_roc_auc\", \"goal\": \"maximize\"},",
            "   \"parameters\": {",
            "     \"learning_rate\": {\"min\": 1e-5, \"max\": 1e-3, \"distribution\": \"log_uniform_values\"},",
            "     \"weight_decay\": {\"values\": [0, 0.05]}}}",
            "",
            "Examples:",
            "  vit4j sweep sweep.json --model google/vit-base-patch16-224-in21k --dataset dataset --output sweep",
            "  vit4j sweep sweep.json --from-scratch vit-tiny --dataset dataset --output sweep --keep best"
        },
        modelTransformer = TrainingArgumentOptions.class,
        sortOptions = false)
final class SweepCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(SweepCommand.class);

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE.json", description = "What to try.")
    private Path file;

    @Mixin
    private TrainingStart start;

    /** Which trials' files stay. */
    private enum Keep {
        ALL,
        BEST
    }

    @Option(
            names = "--keep",
            paramLabel = "all|best",
            defaultValue = "all",
            description = "Whether the models of all trials are kept, or only that of the best so far. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Keep keep;

    @Override
    public Integer call() {
        TrainingArguments arguments =
                TrainingArgumentOptions.read(spec.commandLine().getParseResult());
        arguments.notes().forEach(LOG::info);
        SweepRequest request = Vit4j.sweep(start.request(arguments).arguments(arguments), Search.read(file))
                .keepBestOnly(keep == Keep.BEST);
        try (Interrupts interrupts = new Interrupts(request::interrupt)) {
            Swept swept = request.run(vit4j.progress());
            PrintWriter out = spec.commandLine().getOut();
            out.print(StudyText.of(swept));
            swept.report().ifPresent(page -> out.println("Report: " + page));
            out.flush();
            if (!swept.complete()) {
                LOG.info("Interrupted; the same command continues");
                return interrupts.exitCode();
            }
        }
        return 0;
    }
}
