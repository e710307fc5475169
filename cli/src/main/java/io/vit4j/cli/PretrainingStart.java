package io.vit4j.cli;

import io.vit4j.PretrainRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.Pretraining;
import io.vit4j.model.SelfDistillation;
import io.vit4j.train.arguments.TrainingArguments;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is pretrained, on what, and how it is masked: the options of pretrain beside the training arguments. */
final class PretrainingStart {
    private static final int PROBE_EPOCHS = 10;

    @Option(
            names = {"--model", "--model-name-or-path"},
            paramLabel = "CKPT",
            description = "ViT to pretrain further: a Hugging Face folder, a name on the hub, or a .npz or .pt file.")
    private Optional<String> checkpoint;

    @Option(
            names = "--from-scratch",
            paramLabel = "NAME|FILE",
            description = "Pretrain a new model instead: one by name, such as vit-tiny, or a config.json.")
    private Optional<String> fromScratch;

    @Option(
            names = {"--data", "--dataset"},
            required = true,
            paramLabel = "DATA",
            description = "Folder or archive of pictures, or a folder written by prepare. Labels are not read.")
    private Path data;

    @Option(
            names = "--exclude-patients",
            paramLabel = "FILE",
            description = "Leave out the pictures of these patients, one a line: those you will measure on.")
    private Optional<Path> excluded;

    @Option(
            names = "--skip-duplicates",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            defaultValue = "false",
            description = "Leave out pictures that are the same as another, or nearly (vit4j inspect --duplicates).")
    private boolean skipDuplicates;

    @Option(
            names = "--probe-dataset",
            paramLabel = "DATASET",
            description =
                    "Ask of checkpoints how well the encoder's features tell the labels of this data set: AUROC by"
                            + " nearest neighbours and by a linear classifier.")
    private Optional<Path> probeDataset;

    @Option(
            names = "--probe-epochs",
            paramLabel = "N",
            description = "Epochs between two probes. Default: " + PROBE_EPOCHS + ".")
    private Optional<Integer> probeEpochs;

    @Option(
            names = "--method",
            paramLabel = "mae|dino",
            defaultValue = "mae",
            description = "Masked autoencoding (MAE) or self-distillation (DINO). Default: ${DEFAULT-VALUE}.")
    private Method chosen;

    /** What can be asked for. */
    enum Method {
        MAE,
        DINO
    }

    @Option(
            names = "--prototypes",
            paramLabel = "N",
            description = "dino: numbers that the projection head predicts of a view. Default: 65536.")
    private Optional<Integer> prototypes;

    @Option(
            names = "--local-views",
            paramLabel = "N",
            description = "dino: small views of each picture, beside two large ones. Default: 8.")
    private Optional<Integer> localViews;

    @Option(
            names = "--local-size",
            paramLabel = "N",
            description = "dino: pixels of a small view's side. Default: three sevenths of the picture's.")
    private Optional<Integer> localSize;

    @Option(
            names = "--view-flip",
            paramLabel = "X",
            description = "dino: how often a view is mirrored; 0 if left and right matter. Default: 0.5.")
    private Optional<Double> viewFlip;

    @Option(
            names = "--teacher-momentum",
            paramLabel = "X",
            description = "dino: of the teacher's weights at the first step; it rises to 1. Default: 0.996.")
    private Optional<Double> teacherMomentum;

    @Option(
            names = "--teacher-temperature",
            paramLabel = "X",
            description = "dino: of what the teacher says, after a warm-up from 0.04. Default: 0.07.")
    private Optional<Double> teacherTemperature;

    @Option(
            names = "--teacher-warmup-epochs",
            paramLabel = "N",
            description = "dino: epochs in which the teacher's temperature rises. Default: 30.")
    private Optional<Integer> teacherWarmupEpochs;

    @Option(
            names = "--mask-ratio",
            paramLabel = "X",
            description = "mae: share of the patches that are masked. Default: the checkpoint's, or 0.75.")
    private Optional<Double> maskRatio;

    @Option(
            names = "--norm-pix-loss",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "mae: predict pixels normalised patch by patch. Default: the checkpoint's, or true.")
    private Optional<Boolean> normPixLoss;

    @Option(
            names = "--decoder-layers",
            paramLabel = "N",
            description = "mae: layers of the decoder. Default: the checkpoint's, or 4.")
    private Optional<Integer> decoderLayers;

    @Option(
            names = "--decoder-hidden-size",
            paramLabel = "N",
            description = "mae: width of the decoder. Default: the checkpoint's, or two thirds of the encoder's.")
    private Optional<Integer> decoderHiddenSize;

    @Mixin
    private DeviceOption device;

    PretrainRequest request(TrainingArguments arguments) {
        if (checkpoint.isPresent() == fromScratch.isPresent()) {
            throw new InputException("give either --model CKPT or --from-scratch NAME|FILE");
        }
        if (probeEpochs.isPresent() && probeDataset.isEmpty()) {
            throw new InputException("--probe-epochs says how often --probe-dataset is probed with; give that too, or"
                    + " leave --probe-epochs out");
        }
        PretrainRequest request = checkpoint
                .map(name -> Vit4j.pretrain(name))
                .orElseGet(() -> Vit4j.pretrain(TrainingStart.config(fromScratch.orElseThrow())));
        excluded.ifPresent(request::excludePatients);
        probeDataset.ifPresent(dataset -> request.probe(dataset, probeEpochs.orElse(PROBE_EPOCHS)));
        return request.on(data)
                .skipDuplicates(skipDuplicates)
                .method(method())
                .device(device.device(arguments.useCpu()))
                .arguments(arguments);
    }

    /** The method with its options; InputException if options of the other are given. */
    Pretraining method() {
        boolean masks = Stream.of(maskRatio, normPixLoss, decoderLayers, decoderHiddenSize)
                .anyMatch(Optional::isPresent);
        boolean distils = Stream.of(
                        prototypes,
                        localViews,
                        localSize,
                        viewFlip,
                        teacherMomentum,
                        teacherTemperature,
                        teacherWarmupEpochs)
                .anyMatch(Optional::isPresent);
        if (chosen == Method.MAE ? distils : masks) {
            throw new InputException("--method " + (chosen == Method.MAE ? "mae" : "dino")
                    + " has no use for the options of the other method (vit4j pretrain --help); leave them out");
        }
        return chosen == Method.MAE ? masking() : distilling();
    }

    private SelfDistillation distilling() {
        SelfDistillation usual = SelfDistillation.DEFAULTS;
        return usual.withHead(
                        prototypes.orElse(usual.head().prototypes()),
                        usual.head().hidden(),
                        usual.head().bottleneck())
                .withLocalViews(
                        localViews.orElse(usual.views().local()),
                        localSize.orElse(usual.views().localSize()))
                .withFlip(viewFlip.orElse(usual.views().flip()))
                .withTeacherMomentum(teacherMomentum.orElse(usual.teacher().momentum()))
                .withTeacherTemperature(
                        usual.teacher().firstTemperature(),
                        teacherTemperature.orElse(usual.teacher().temperature()),
                        teacherWarmupEpochs.orElse(usual.teacher().warmupEpochs()));
    }

    private MaskedAutoencoding masking() {
        return new MaskedAutoencoding(
                maskRatio.map(OptionalDouble::of).orElseGet(OptionalDouble::empty),
                normPixLoss,
                decoderLayers.map(OptionalInt::of).orElseGet(OptionalInt::empty),
                decoderHiddenSize.map(OptionalInt::of).orElseGet(OptionalInt::empty));
    }
}
