package io.vit4j.cli;

import io.vit4j.FineTuneRequest;
import io.vit4j.PretrainRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.Progress;
import io.vit4j.data.Split;
import io.vit4j.evaluate.Comparison;
import io.vit4j.model.ModelDefinition;
import io.vit4j.report.ComparisonText;
import io.vit4j.torch.Device;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The walkthrough's second act: few pictures have labels, many have none. A model is trained on the few, another is pretrained on all
 * pictures as a masked autoencoder and then trained on the same few, and the two are compared on pictures that neither has learned from.
 */
final class PretrainingAct {
    private static final int LABELLED = 300;
    private static final int ROUNDS = 1000;

    /**
     * Settings that differ between a small new model on drawn X-rays and a checkpoint on one's own.
     *
     * @param epochs of pretraining
     * @param baseRate of pretraining, for 256 pictures a step
     * @param augment of pretraining
     * @param fewEpochs over the few pictures
     * @param rate of training on them
     */
    private record Settings(int epochs, String baseRate, String augment, int fewEpochs, String rate) {
        static final Settings DRAWN = new Settings(40, "4e-3", "crop-flip:scale=0.5,flip=0", 60, "1e-3");
        static final Settings CHECKPOINT = new Settings(40, "1.5e-4", "crop-flip:scale=0.2,flip=0", 10, "2e-4");
    }

    private final Progress.Factory progress;
    private final PrintWriter out;
    private final Consumer<String> announcing;
    private final Device device;
    private final long seed;
    private final Path output;

    /** @param announcing prints the heading of a step */
    PretrainingAct(
            Progress.Factory progress,
            PrintWriter out,
            Consumer<String> announcing,
            Device device,
            long seed,
            Path output) {
        this.progress = progress;
        this.out = out;
        this.announcing = announcing;
        this.device = device;
        this.seed = seed;
        this.output = output;
    }

    /**
     * Plays it; what an earlier call left is not done again.
     *
     * @param checkpoint to start from; empty for a new model
     * @param definition of the new model
     * @return the command's exit code
     */
    int play(Path dataset, Optional<Path> checkpoint, ModelDefinition definition) {
        Settings settings = checkpoint.isPresent() ? Settings.CHECKPOINT : Settings.DRAWN;
        Path alone = output.resolve("few-labels");
        Path pretrained = output.resolve("pretrained");
        Path after = output.resolve("few-labels-pretrained");
        announcing.accept("If only " + LABELLED + " pictures had labels");
        int code = train(
                checkpoint.map(Vit4j::fineTune).orElseGet(() -> Vit4j.fromScratch(definition)),
                dataset,
                alone,
                settings);
        if (code == 0) {
            announcing.accept(
                    "Pretraining on all pictures, without labels: three quarters of each are hidden, and predicted");
            code = pretrain(
                    checkpoint.map(Vit4j::pretrain).orElseGet(() -> Vit4j.pretrain(definition)),
                    dataset,
                    pretrained,
                    settings);
        }
        if (code == 0) {
            announcing.accept("The same " + LABELLED + " labels, for the pretrained model");
            code = train(Vit4j.fineTune(pretrained.resolve("encoder")), dataset, after, settings);
        }
        if (code == 0) {
            announcing.accept("What pretraining gained, in pictures that neither model has learned from");
            out.print(ComparisonText.of(Comparison.of(
                    Comparison.Side.read(after, Split.VALIDATION),
                    Comparison.Side.read(alone, Split.VALIDATION),
                    ROUNDS)));
            out.flush();
        }
        return code;
    }

    private int train(FineTuneRequest request, Path dataset, Path folder, Settings settings) {
        if (isDone(folder.resolve("eval_results.json"))) {
            return 0;
        }
        Map<String, String> arguments = new LinkedHashMap<>();
        arguments.put("output_dir", folder.toString());
        arguments.put("seed", Long.toString(seed));
        arguments.put("max_train_samples", Integer.toString(LABELLED));
        arguments.put("num_train_epochs", Integer.toString(settings.fewEpochs()));
        arguments.put("per_device_train_batch_size", "16");
        arguments.put("learning_rate", settings.rate());
        arguments.put("lr_scheduler_type", "cosine");
        arguments.put("warmup_ratio", "0.1");
        arguments.put("weight_decay", "0.05");
        arguments.put("eval_strategy", "no");
        arguments.put("save_strategy", "no");
        arguments.put("overwrite_output_dir", "true");
        return new FineTuning(progress, out)
                .run(
                        request.on(dataset).device(device),
                        TrainingArguments.builder().set(arguments).build());
    }

    private int pretrain(PretrainRequest request, Path dataset, Path folder, Settings settings) {
        if (isDone(folder.resolve("eval_results.json"))) {
            return 0;
        }
        request.on(dataset)
                .device(device)
                .output(folder)
                .epochs(settings.epochs())
                .arguments(builder -> builder.set("seed", Long.toString(seed))
                        .set("base_learning_rate", settings.baseRate())
                        .set("augment", settings.augment())
                        .set("per_device_train_batch_size", "32")
                        .set("gradient_accumulation_steps", "2")
                        .set("eval_strategy", "no")
                        .set("resume_from_checkpoint", "true"));
        return new PretrainingRun(progress, out).run(request);
    }

    private boolean isDone(Path results) {
        boolean done = Files.exists(results);
        if (done) {
            out.println(
                    "   " + results.getParent() + " already exists and has been evaluated; remove it to train again");
        }
        return done;
    }
}
