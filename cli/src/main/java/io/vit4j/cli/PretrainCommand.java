package io.vit4j.cli;

import io.vit4j.PretrainRequest;
import io.vit4j.options.TrainingArgumentOptions;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j pretrain}: pretrains a ViT on pictures without labels. */
@Command(
        name = "pretrain",
        description = "Pretrains a Vision Transformer on pictures without labels: as a masked autoencoder, or by"
                + " self-distillation.",
        footer = {
            "",
            "Writes checkpoints, logs, a report and the pretrained model into --output, ready for"
                    + " train --model OUTPUT; OUTPUT/encoder is the encoder alone.",
            "Starts from the recipe of its --method, mae or dino (vit4j recipes mae), unless another --recipe is"
                    + " given.",
            "If you stop it with Ctrl-C, it saves a checkpoint first; continue with"
                    + " --resume-from-checkpoint true.",
            "",
            "Examples:",
            "  vit4j pretrain --data x-rays --from-scratch vit-small --output pretrained",
            "  vit4j pretrain --data dataset --model google/vit-base-patch16-224-in21k --output pretrained \\",
            "      --num-train-epochs 100 --exclude-patients test-patients.txt",
            "  vit4j train --model pretrained --dataset labelled --output tuned --recipe x-ray"
        },
        modelTransformer = TrainingArgumentOptions.class,
        sortOptions = false)
final class PretrainCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(PretrainCommand.class);

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Mixin
    private PretrainingStart start;

    @Override
    public Integer call() {
        TrainingArguments arguments = TrainingArgumentOptions.read(
                spec.commandLine().getParseResult(), PretrainRequest.recipe(start.method()));
        arguments.notes().forEach(LOG::info);
        PretrainRequest request = start.request(arguments);
        PrintWriter out = spec.commandLine().getOut();
        if (arguments.compileOnly()) {
            request.compile(vit4j.progress()).forEach(out::println);
            out.flush();
            return 0;
        }
        return new PretrainingRun(vit4j.progress(), out).run(request);
    }
}
