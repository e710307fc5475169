package io.vit4j.cli;

import io.vit4j.PretrainRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.train.arguments.TrainingArguments;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
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
            names = "--mask-ratio",
            paramLabel = "X",
            description = "Share of the patches that are masked. Default: the checkpoint's, or 0.75.")
    private Optional<Double> maskRatio;

    @Option(
            names = "--norm-pix-loss",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Predict pixels normalised patch by patch. Default: the checkpoint's, or true.")
    private Optional<Boolean> normPixLoss;

    @Option(
            names = "--decoder-layers",
            paramLabel = "N",
            description = "Layers of the decoder. Default: the checkpoint's, or 4.")
    private Optional<Integer> decoderLayers;

    @Option(
            names = "--decoder-hidden-size",
            paramLabel = "N",
            description = "Width of the decoder. Default: the checkpoint's, or two thirds of the encoder's.")
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
                .masking(masking())
                .device(device.device(arguments.useCpu()))
                .arguments(arguments);
    }

    private MaskedAutoencoding masking() {
        return new MaskedAutoencoding(
                maskRatio.map(OptionalDouble::of).orElseGet(OptionalDouble::empty),
                normPixLoss,
                decoderLayers.map(OptionalInt::of).orElseGet(OptionalInt::empty),
                decoderHiddenSize.map(OptionalInt::of).orElseGet(OptionalInt::empty));
    }
}
