package io.vit4j.cli;

import io.vit4j.FineTuneRequest;
import io.vit4j.PrepareRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.Split;
import io.vit4j.hub.CheckpointSource;
import io.vit4j.hub.HubSettings;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.ModelDefinition;
import io.vit4j.report.PictureGrid;
import io.vit4j.report.WalkthroughPlots;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j walkthrough}: the whole job, told step by step. */
@Command(
        name = "walkthrough",
        description = "The whole job, step by step: X-rays and labels in, a tuned model, its AUROC and its curves out.",
        footer = {
            "",
            "Without --data, it draws chest X-rays and trains a small model from scratch in a few minutes."
                    + " With --data (the",
            "NIH release) and --model, it is the original walkthrough. A second run continues where the"
                    + " first one stopped.",
            "",
            "Examples:",
            "  vit4j walkthrough",
            "  vit4j walkthrough --pretrain",
            "  vit4j walkthrough --data CXR8 --model google/vit-base-patch16-224-in21k --output chest"
        },
        sortOptions = false)
final class WalkthroughCommand implements Callable<Integer> {
    /** Enough pictures that every finding has some fifty positives among those held out. */
    private static final int DRAWN = 3000;

    private static final int SMALL = 96;
    private static final int PICTURES_SHOWN = 12;

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Images and label file, laid out as in the NIH release.")
    private Optional<Path> data;

    @Option(
            names = "--model",
            paramLabel = "CKPT",
            description = "Checkpoint to fine-tune: a folder, or a name on the hub.")
    private Optional<String> model;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            defaultValue = "walkthrough",
            description = "Folder for all results. Default: ${DEFAULT-VALUE}.")
    private Path output;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1337",
            description = "Random seed for pictures, split, weights and order. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--shuffle-labels",
            description = "Shuffle the training labels. A sound program then learns nothing (AUROC 0.5).")
    private boolean shuffleLabels;

    @Option(
            names = "--pretrain",
            description = "Play a second act: how much pretraining without labels gains where only 300 pictures have"
                    + " labels.")
    private boolean pretrain;

    @Mixin
    private DeviceOption device;

    @Option(names = "--num-train-epochs", paramLabel = "N", description = "Passes over the training pictures.")
    private Optional<Double> epochs;

    private PrintWriter out;
    private int step;

    @Override
    public Integer call() {
        if (pretrain && shuffleLabels) {
            throw new InputException(
                    "--pretrain shows what labels teach, and --shuffle-labels that shuffled ones teach nothing; give one of them");
        }
        out = spec.commandLine().getOut();
        Path release = xrays();
        Optional<Path> checkpoint = checkpoint();
        Path dataset = output.resolve("dataset");
        prepare(release, dataset, checkpoint);
        try (ArrowDataset prepared = ArrowDataset.open(dataset)) {
            look(prepared);
            int code = train(dataset, checkpoint);
            if (code == 0) {
                tell(dataset);
            }
            return code == 0 && pretrain ? secondAct(dataset, checkpoint) : code;
        }
    }

    private int secondAct(Path dataset, Optional<Path> checkpoint) {
        return new PretrainingAct(vit4j.progress(), out, this::announce, device.device(), seed, output)
                .play(dataset, checkpoint, smallModel());
    }

    private void announce(String what) {
        out.printf(Locale.ROOT, "%n%d. %s%n", ++step, what);
        out.flush();
    }

    private Path xrays() {
        if (data.isPresent()) {
            announce("The X-rays and their labels: " + data.get());
            return data.get();
        }
        announce("No --data given: drawing chest X-rays with findings, laid out as in the NIH release");
        SyntheticRelease drawn = SyntheticRelease.write(
                new SyntheticRelease.Options(output.resolve("xrays"), DRAWN, seed, Prevalence.of("balanced")),
                Runtime.getRuntime().availableProcessors(),
                vit4j.progress());
        out.printf(
                Locale.ROOT,
                "   %,d X-rays of %,d patients in %s%s%n",
                drawn.pictures(),
                drawn.patients(),
                drawn.folder(),
                drawn.drawn() == 0 ? "; all of them already existed" : "");
        return drawn.folder();
    }

    private Optional<Path> checkpoint() {
        return model.map(name -> CheckpointSource.resolve(name, HubSettings.fromEnvironment(), vit4j.progress()));
    }

    private void prepare(Path release, Path dataset, Optional<Path> checkpoint) {
        announce("Making an Arrow data set: N-hot labels, images at the model's size, no patient in two splits");
        if (ArrowDataset.isIn(dataset)) {
            out.println("   " + dataset + " already exists");
            return;
        }
        PrepareRequest request = Vit4j.prepare(release)
                .split(Split.byFraction(
                        data.isPresent() ? 0.05 : 0.15, data.isPresent() ? 0.1 : 0, Split.By.PATIENT, seed))
                .output(dataset);
        checkpoint.ifPresentOrElse(
                folder -> request.forModel(folder.toString()),
                () -> request.processor(ImageProcessor.defaults().withSize(SMALL, SMALL)));
        PrepareDataset.Prepared prepared = request.run(vit4j.progress());
        out.printf(
                Locale.ROOT,
                "   %s; labels: %s%n",
                prepared.rows(),
                String.join(", ", prepared.info().labels().names()));
    }

    private void look(ArrowDataset prepared) {
        announce("A look at twelve of them");
        Path png = output.resolve(WalkthroughPlots.XRAYS);
        draw(
                png,
                "twelve labelled X-rays",
                () -> WalkthroughPlots.xrays(
                        png, prepared, PictureGrid.varied(prepared, prepared.rows(Split.TRAIN), PICTURES_SHOWN)));
    }

    /** Says what is in the picture, or why there is none: a machine without fonts trains all the same. */
    private void draw(Path png, String content, Runnable plot) {
        Optional<String> problem = WalkthroughPlots.whyNotDrawn();
        if (problem.isEmpty()) {
            plot.run();
        }
        out.printf(
                Locale.ROOT,
                "   %-34s %s%n",
                png,
                problem.map(why -> "not drawn: " + why).orElse(content));
    }

    private int train(Path dataset, Optional<Path> checkpoint) {
        announce(
                checkpoint.isPresent()
                        ? "Fine-tuning " + model.get()
                        : "Training a small Vision Transformer from scratch");
        Path run = output.resolve("run");
        if (Files.exists(run.resolve("eval_results.json"))) {
            out.println("   " + run + " already exists and has been evaluated; remove it to train again");
            return 0;
        }
        FineTuneRequest request = checkpoint
                .map(Vit4j::fineTune)
                .orElseGet(() -> Vit4j.fromScratch(smallModel()))
                .on(dataset)
                .device(device.device())
                .shuffleLabels(shuffleLabels);
        return new FineTuning(vit4j.progress(), out).run(request, arguments(run, checkpoint.isPresent()));
    }

    /** 0.5 million weights: learns from 2,500 pictures in a minute or two. */
    private static ModelDefinition smallModel() {
        return ModelDefinition.of(ModelDefinition.preset("vit-tiny")
                .config()
                .with("hidden_size", 96)
                .with("num_hidden_layers", 4)
                .with("num_attention_heads", 3)
                .with("intermediate_size", 384)
                .with("initializer_range", 0.06) // three times ViT's: so small a model starts to learn sooner
                .with("image_size", SMALL));
    }

    private TrainingArguments arguments(Path run, boolean fineTuning) {
        Map<String, String> arguments = new LinkedHashMap<>();
        arguments.put("output_dir", run.toString());
        arguments.put("seed", Long.toString(seed));
        arguments.put("lr_scheduler_type", "cosine");
        arguments.put("resume_from_checkpoint", "true");
        arguments.put("dataloader_num_workers", "1");
        arguments.put("save_total_limit", "2");
        arguments.put("logging_first_step", "true");
        arguments.put("num_train_epochs", Double.toString(epochs.orElse(fineTuning ? 3.0 : 20.0)));
        if (fineTuning) { // the arguments of the 2022 walkthrough
            arguments.put("per_device_train_batch_size", "8");
            arguments.put("gradient_accumulation_steps", "16");
            arguments.put("per_device_eval_batch_size", "8");
            arguments.put("warmup_ratio", "0.25");
            arguments.put("learning_rate", "2e-4");
            arguments.put("logging_steps", "0.02");
            arguments.put("save_steps", "0.1");
        } else {
            arguments.put("per_device_train_batch_size", "32");
            arguments.put("per_device_eval_batch_size", "32");
            arguments.put("warmup_ratio", "0.1");
            arguments.put("learning_rate", "1.5e-3");
            arguments.put("weight_decay", "0.05");
            arguments.put("logging_steps", "20");
            arguments.put("eval_strategy", "epoch");
            arguments.put("save_strategy", "epoch");
        }
        return TrainingArguments.builder().set(arguments).build();
    }

    private void tell(Path dataset) {
        announce("The curves, and an overview of the results");
        Path run = output.resolve("run");
        TrainerState state = TrainerState.read(run.resolve(TrainerState.FILE));
        Path loss = output.resolve(WalkthroughPlots.LOSS);
        draw(loss, "loss against epoch", () -> WalkthroughPlots.loss(loss, state.logHistory()));
        Path rate = output.resolve(WalkthroughPlots.LEARNING_RATE);
        draw(rate, "learning rate against epoch", () -> WalkthroughPlots.learningRate(rate, state.logHistory()));
        out.printf(
                Locale.ROOT,
                "   %-34s the tuned model with its logs and metrics; Hugging Face transformers can load it too%n",
                run);
        out.printf(Locale.ROOT, "   %-34s the data set%n", dataset);
        out.println();
        out.println("With your own pictures (docs/your-own-data.md):");
        out.println("   vit4j prepare --data FOLDER --output dataset");
        out.println("   vit4j train --model google/vit-base-patch16-224-in21k --dataset dataset --output tuned");
        out.println("   vit4j evaluate --model tuned --dataset dataset");
        out.println("   vit4j predict --model " + run + " chest.png");
        out.flush();
    }
}
