package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ArrowDataset;
import io.vit4j.evaluate.DatasetFit;
import io.vit4j.evaluate.FeatureProbe;
import io.vit4j.infer.EncoderFolder;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
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
    private final Map<Long, Metrics> byEpoch = new TreeMap<>();

    /**
     * @param dataset prepared, with labels
     * @param epochs between two probes
     */
    EncoderProbe(Path dataset, int epochs, Path output, Device device) {
        this.dataset = dataset;
        this.epochs = epochs;
        this.output = output;
        this.device = device;
    }

    /** Of the checkpoints that end an epoch, every so many. */
    @Override
    public void onSave(TrainerState state, Path checkpoint) {
        long epoch = Math.round(state.epoch());
        if (Math.abs(state.epoch() - epoch) > 1e-9 || epoch % epochs != 0) {
            return;
        }
        Metrics found = probe(checkpoint);
        LOG.info(
                "epoch {}: {}",
                epoch,
                String.join(
                        ", ",
                        found.values().entrySet().stream()
                                .map(each -> each.getKey() + " " + String.format("%.4f", each.getValue()))
                                .toList()));
        byEpoch.put(epoch, found);
        JsonObject all = JsonObject.empty();
        for (Map.Entry<Long, Metrics> each : byEpoch.entrySet()) {
            all = all.with(each.getKey().toString(), each.getValue().toJson());
        }
        DurableFiles.SYSTEM.write(output.resolve(FILE), all.pretty());
    }

    /** The macro AUROCs of a checkpoint's encoder. */
    Metrics probe(Path checkpoint) {
        try (ArrowDataset data = ArrowDataset.open(dataset);
                VisionModel model = EncoderFolder.open(checkpoint, device)) {
            DatasetFit.requirePictures(dataset, data.info(), checkpoint, Pretrained.definition(checkpoint));
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
