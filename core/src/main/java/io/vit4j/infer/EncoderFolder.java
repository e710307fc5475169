package io.vit4j.infer;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.StoredTensor;
import io.vit4j.hub.WeightSource;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.SelfDistillation;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.train.checkpoint.OptimizerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The encoder of a pretrained model by itself: a folder that transformers loads as a plain model of its family. */
public final class EncoderFolder {
    /** Its name within the folder of the pretrained model. */
    public static final String NAME = "encoder";

    private EncoderFolder() {}

    /**
     * The folder in which the encoder's weights are: of self-distillation the teacher's, which are a model of their own.
     *
     * @param pretrained folder of the saved model, or of a checkpoint of its training
     */
    public static Path of(Path pretrained) {
        boolean teacher = SelfDistillation.trained(CheckpointFiles.config(pretrained));
        return teacher ? pretrained.resolve(OptimizerState.AVERAGED) : pretrained;
    }

    /**
     * Writes the encoder of a pretrained model.
     *
     * @param pretrained folder of the saved model, or of a checkpoint of its training
     * @param encoder folder to be written; made if it is not there
     */
    public static void write(DurableFiles files, Path pretrained, Path encoder) {
        Path from = of(pretrained);
        JsonObject config = CheckpointFiles.config(from);
        ModelDefinition whole = Pretrained.definition(from);
        JsonObject written = SelfDistillation.trained(config)
                ? SelfDistillation.encoder(config)
                : whole.asMaskedAutoencoder(MaskedAutoencoding.DEFAULTS)
                        .masking()
                        .orElseThrow()
                        .encoder();
        ModelDefinition plain = ModelDefinition.of(written);
        try (WeightSource source = Pretrained.openWeights(from, whole.architecture())) {
            Files.createDirectories(encoder);
            List<StoredTensor> weights = plain.weights().stream()
                    .filter(weight -> !plain.classifierWeights().contains(weight.name()))
                    .map(weight -> source.tensor(weight.name()).orElseThrow())
                    .toList();
            files.write(encoder.resolve(CheckpointFiles.CONFIG), written.pretty());
            CheckpointFiles.imageProcessor(from).write(files, encoder);
            Safetensors.write(files, encoder.resolve(CheckpointFiles.SAFETENSORS), Safetensors.PYTORCH_FORMAT, weights);
        } catch (IOException e) {
            throw InputException.in(encoder, "cannot be created (" + e.getMessage() + "); check its permissions", e);
        }
    }

    /**
     * An encoder for the features of pictures; its classifier is new and means nothing.
     *
     * @param folder of an encoder, or of any checkpoint
     */
    public static VisionModel open(Path folder, Device device) {
        return Pretrained.load(
                        folder,
                        new Pretrained.Options(
                                device, Optional.of(List.of("none")), Optional.of(ProblemType.MULTI_LABEL), true, 0))
                .model();
    }
}
