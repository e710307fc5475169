package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.DatasetInfo;
import io.vit4j.evaluate.FeatureProbe;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.EncoderFolder;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks, while an encoder is pretrained, how well its features tell the labels of another data set. */
final class EncoderProbe implements TrainerCallback {
    /** What was found, in the output folder: by epoch. */
    static final String FILE = "probes.json";

    private static final Logger LOG = LoggerFactory.getLogger(EncoderProbe.class);

    private final Path dataset;
    private final int epochs;
    private final Path output;
    private final Device device;
    private final DatasetInfo pretrainedOn;
    private JsonObject byEpoch = JsonObject.empty();
    private OptionalLong lastStep = OptionalLong.empty();
    private Metrics last = Metrics.NONE;

    /**
     * @param dataset prepared, with labels
     * @param epochs between two probes
     * @param pretrainedOn whose pictures are of the encoder's size
     */
    EncoderProbe(Path dataset, int epochs, Path output, Device device, DatasetInfo pretrainedOn) {
        this.dataset = dataset;
        this.epochs = epochs;
        this.output = output;
        this.device = device;
        this.pretrainedOn = pretrainedOn;
    }

    /** Looks at the data set before hours are spent, and takes up what the run has found before it was resumed. */
    @Override
    public void onTrainBegin(TrainerState state, TrainerControl control) {
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
            FeatureProbe.require(dataset, data);
            requireAlike(data.info());
        }
        byEpoch = JsonObject.empty();
        Path file = output.resolve(FILE);
        if (state.globalStep() > 0 && Files.exists(file)) {
            JsonObject before = JsonObject.read(file);
            for (String epoch : before.keys()) {
                if (Long.parseLong(epoch) <= Math.round(state.epoch())) {
                    byEpoch = byEpoch.with(epoch, before.object(epoch));
                }
            }
        } else {
            DurableFiles.SYSTEM.delete(file); // an earlier run's
        }
    }

    private void requireAlike(DatasetInfo info) {
        ImageProcessor own = ImageProcessor.of(info.processor());
        ImageProcessor wanted = ImageProcessor.of(pretrainedOn.processor());
        if (info.cropHeight() != pretrainedOn.cropHeight()
                || info.cropWidth() != pretrainedOn.cropWidth()
                || !own.seesAs(wanted)) {
            throw InputException.in(
                    dataset,
                    "holds pictures prepared as " + own.geometry() + ", but those to pretrain on are "
                            + wanted.geometry() + "; prepare both alike");
        }
    }

    /** Of the checkpoints that end an epoch, every so many; training may have gone on meanwhile. */
    @Override
    public void onSave(TrainerState now, Path checkpoint) {
        TrainerState state = TrainerState.read(checkpoint.resolve(TrainerState.FILE));
        long epoch = Math.round(state.epoch());
        if (Math.abs(state.epoch() - epoch) > 1e-9 || epoch % epochs != 0) {
            return;
        }
        last = probe(checkpoint);
        lastStep = OptionalLong.of(state.globalStep());
        LOG.info(
                "epoch {}: {}",
                epoch,
                String.join(
                        ", ",
                        last.values().entrySet().stream()
                                .map(each -> each.getKey() + " " + String.format(Locale.ROOT, "%.4f", each.getValue()))
                                .toList()));
        byEpoch = byEpoch.with(Long.toString(epoch), last.toJson());
        DurableFiles.SYSTEM.write(output.resolve(FILE), byEpoch.pretty());
    }

    /**
     * The macro AUROCs of an encoder; it is not probed again if it is that of the last checkpoint.
     *
     * @param step after which it was saved
     */
    Metrics probe(long step, Path encoder) {
        return lastStep.isPresent() && lastStep.getAsLong() == step ? last : probe(encoder);
    }

    /** The macro AUROCs of a checkpoint's encoder. */
    Metrics probe(Path checkpoint) {
        try (ArrowDataset data = ArrowDataset.open(dataset);
                VisionModel model = EncoderFolder.open(EncoderFolder.of(checkpoint), device)) {
            FeatureProbe found = FeatureProbe.of(model, data, Predictor.Settings.defaults());
            Metrics metrics = Metrics.NONE;
            if (found.nearest().isPresent()) {
                metrics = metrics.with("eval_knn_roc_auc", found.nearest().getAsDouble());
            }
            return found.linear().isPresent()
                    ? metrics.with("eval_linear_roc_auc", found.linear().getAsDouble())
                    : metrics;
        }
    }
}
