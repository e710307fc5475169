package io.vit4j.cli;

import io.vit4j.FineTuneRequest;
import io.vit4j.options.TrainingArgumentOptions;
import io.vit4j.train.arguments.TrainingArguments;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j train}: fine-tunes a checkpoint, or trains a model from scratch, on a prepared data set. */
@Command(
        name = "train",
        description = "Fine-tunes a checkpoint, or trains a model from scratch, on a prepared data set.",
        footer = {
            "",
            "Writes checkpoints, logs and the tuned model into --output, and evaluates on the validation"
                    + " split at the end.",
            "If you stop it with Ctrl-C, it saves a checkpoint first; continue with"
                    + " --resume-from-checkpoint true.",
            "",
            "Examples:",
            "  vit4j train --model google/vit-base-patch16-224-in21k --dataset dataset --output tuned \\",
            "      --num-train-epochs 3 --learning-rate 2e-4 --warmup-ratio 0.25 --lr-scheduler-type cosine",
            "  vit4j train --from-scratch vit-tiny --dataset dataset --output tiny --args arguments.json",
            "  vit4j train --model base --dataset dataset --output tuned --resume-from-checkpoint true"
        },
        modelTransformer = TrainingArgumentOptions.class,
        sortOptions = false)
final class TrainCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(TrainCommand.class);

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Mixin
    private TrainingStart start;

    @Override
    public Integer call() {
        TrainingArguments arguments =
                TrainingArgumentOptions.read(spec.commandLine().getParseResult());
        arguments.notes().forEach(LOG::info);
        FineTuneRequest request = start.request(arguments);
        return new FineTuning(vit4j.progress(), spec.commandLine().getOut()).run(request, arguments);
    }
}
