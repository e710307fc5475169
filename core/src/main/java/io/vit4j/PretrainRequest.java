package io.vit4j;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Duplicates;
import io.vit4j.data.ExcludedPatients;
import io.vit4j.data.Split;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.Pretraining;
import io.vit4j.model.SelfDistillation;
import io.vit4j.torch.Device;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.arguments.PretrainingArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ViT pretrained on pictures without labels: as a masked autoencoder (He et al. 2022), or by self-distillation (DINO, Caron et al.
 * 2021). What is not said is what the method's recipe says, {@code mae} or {@code dino}, and otherwise what transformers' Trainer would
 * take.
 *
 * <pre>{@code
 * PretrainedModel pretrained = Vit4j.pretrain(ModelDefinition.preset("vit-tiny"))
 *         .on(Path.of("x-rays"))
 *         .epochs(400)
 *         .output(Path.of("pretrained"))
 *         .run(Progress.NONE);
 * Vit4j.fineTune(pretrained.folder()).on(Path.of("labelled")).output(Path.of("tuned")).run(Progress.NONE);
 * }</pre>
 */
public final class PretrainRequest {
    private static final Logger LOG = LoggerFactory.getLogger(PretrainRequest.class);

    private static final double HELD_BACK = 0.05;
    private static final long SPLIT_SEED = 1337;

    private final FineTuneRequest run;
    private Pretraining method = MaskedAutoencoding.DEFAULTS;
    private UnaryOperator<TrainingArgumentsBuilder> more = UnaryOperator.identity();
    private Optional<TrainingArguments> whole = Optional.empty();
    private Optional<Path> excluded = Optional.empty();
    private boolean skipsDuplicates;
    private Optional<PretrainJob.Probing> probing = Optional.empty();
    private final Interruption interruption = new Interruption();

    PretrainRequest(FineTuneRequest run) {
        this.run = run;
    }

    /**
     * The pictures, which are required: a prepared data set, of which labels are not read, or a folder or archive of pictures. The latter
     * is prepared for the model, next to the output folder as {@code OUTPUT-dataset}. If that already exists and still fits pictures and
     * model, it is used unchanged. 5% of the pictures are held back, by patient if patients are known, unless the data is split already.
     */
    public PretrainRequest on(Path folder) {
        return on(folder, UnaryOperator.identity());
    }

    /** The same, with settings for how pictures are prepared. */
    public PretrainRequest on(Path folder, UnaryOperator<PrepareRequest> how) {
        run.on(
                folder,
                request ->
                        how.apply(request.unlabelled().split(table -> Split.heldBack(table, HELD_BACK, SPLIT_SEED))));
        return this;
    }

    /** How it is pretrained; as a masked autoencoder if it is not said. */
    public PretrainRequest method(Pretraining how) {
        method = how;
        return this;
    }

    /** The recipe that a method starts from. */
    public static String recipe(Pretraining method) {
        return method instanceof SelfDistillation ? "dino" : "mae";
    }

    /** Pretrains as a masked autoencoder: what is masked, and the decoder. */
    public PretrainRequest masking(MaskedAutoencoding how) {
        return method(how);
    }

    /** Passes over the pictures. */
    public PretrainRequest epochs(double count) {
        return arguments(builder -> builder.numTrainEpochs(count));
    }

    /** The peak learning rate for 256 pictures a step; it is scaled to the batch. */
    public PretrainRequest baseLearningRate(double rate) {
        return arguments(builder -> builder.baseLearningRate(rate));
    }

    /** Leaves out the pictures of some patients, such as those of an evaluation: a file with one a line. */
    public PretrainRequest excludePatients(Path list) {
        excluded = Optional.of(list);
        return this;
    }

    /** Leaves out pictures that are the same as another, or nearly ({@link Duplicates}). */
    public PretrainRequest skipDuplicates(boolean skip) {
        skipsDuplicates = skip;
        return this;
    }

    /**
     * Asks of checkpoints how well the encoder's features tell the labels of another data set, by nearest neighbours and by a linear
     * classifier.
     *
     * @param dataset prepared, for pictures of the same size
     * @param epochs between two probes; the pretrained model is always asked
     */
    public PretrainRequest probe(Path dataset, int epochs) {
        if (epochs < 1) {
            throw new InputException("probe every " + epochs + " epochs: it must be at least 1");
        }
        probing = Optional.of(new PretrainJob.Probing(dataset, epochs));
        return this;
    }

    /** Folder for checkpoints, results and the pretrained model; it must be given, here or among the arguments. */
    public PretrainRequest output(Path folder) {
        return arguments(builder -> builder.outputDir(folder));
    }

    /** More training arguments; if one is given twice, the last value wins. */
    public PretrainRequest arguments(UnaryOperator<TrainingArgumentsBuilder> others) {
        UnaryOperator<TrainingArgumentsBuilder> before = more;
        more = builder -> others.apply(before.apply(builder));
        return this;
    }

    /** All training arguments, instead of those that were or will be given one by one; the recipe then plays no part. */
    public PretrainRequest arguments(TrainingArguments all) {
        whole = Optional.of(all);
        return this;
    }

    /** Where to compute; by default on an NVIDIA GPU if this build can use one, else on the CPU. */
    public PretrainRequest device(Device chosen) {
        run.device(chosen);
        return this;
    }

    /** Told what the run does; may be called several times. */
    public PretrainRequest callback(TrainerCallback callback) {
        run.callback(callback);
        return this;
    }

    /**
     * Asks the run to end after the step it is in, with a checkpoint; from any thread.
     *
     * @return false if the pretrained model is saved already, so that there is nothing left to interrupt
     */
    public boolean interrupt() {
        return interruption.ask();
    }

    /** Prepares if it must, pretrains, saves, and measures. Every rank of a job calls it. */
    public PretrainedModel run(Progress.Factory progress) {
        TrainingArguments arguments = checked();
        try (ArrowDataset dataset = run.open(arguments, progress)) {
            return job(arguments, dataset, progress).run();
        }
    }

    /**
     * Implements {@code compile_only}, as {@link FineTuneRequest#compile} does.
     *
     * @return the placement and the memory of each rank, line by line; empty on ranks other than the first
     */
    public List<String> compile(Progress.Factory progress) {
        TrainingArguments arguments = checked();
        try (ArrowDataset dataset = run.open(arguments, progress)) {
            return job(arguments, dataset, progress).compile();
        }
    }

    private PretrainJob job(TrainingArguments arguments, ArrowDataset dataset, Progress.Factory progress) {
        Path folder = run.prepared(arguments);
        ArrowDataset allowed = excluded.map(list -> ExcludedPatients.read(list).leaveOut(dataset, folder))
                .orElse(dataset);
        ArrowDataset chosen = skipsDuplicates ? Duplicates.in(allowed).leaveOut(allowed) : allowed;
        LOG.info("Pretraining on {} of {} pictures", chosen.rows(Split.TRAIN).length, dataset.rows(Split.TRAIN).length);
        return new PretrainJob(
                run.model(arguments, progress),
                new PretrainJob.Data(folder, chosen),
                method,
                probing,
                arguments,
                run.callbacks(),
                progress,
                interruption);
    }

    private TrainingArguments checked() {
        TrainingArguments arguments = whole.orElseGet(() ->
                more.apply(TrainingArguments.builder().recipe(recipe(method))).build());
        run.arguments(arguments);
        PretrainingArguments.check(arguments);
        return arguments;
    }
}
