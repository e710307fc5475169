package io.vit4j;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.Dataset;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.Datasets;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.augment.PictureView;
import io.vit4j.evaluate.DatasetFit;
import io.vit4j.evaluate.Predictions;
import io.vit4j.evaluate.RankLayout;
import io.vit4j.infer.Predictor;
import io.vit4j.infer.TestTimeAugmentation;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.Pretrained;
import io.vit4j.model.Sides;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Predictions of models for pictures of a prepared data set, in the order of the data set's labels, each a mean over views.
 *
 * @param prepared folder of the data set, for messages
 * @param tta which views
 * @param ofEnsemble whether a model may take smaller pictures than were prepared, and its labels in another order
 */
record ModelPredictions(
        Path prepared,
        ArrowDataset data,
        TestTimeAugmentation tta,
        boolean ofEnsemble,
        Predictor.Settings settings,
        RankLayout layout,
        Device device) {
    private static final Logger LOG = LoggerFactory.getLogger(ModelPredictions.class);

    /** {@return the views of each picture} */
    List<PictureView> views() {
        DatasetInfo info = data.info();
        return tta.views(info.height(), info.width(), info.cropHeight(), info.cropWidth());
    }

    /** Those of a model for some rows; empty on ranks other than the first, which only help. */
    Optional<Predictor.Predicted> of(Path folder, int[] rows, Progress.Factory progress) {
        DatasetInfo info = data.info();
        Predictions predictor = new Predictions(settings, layout);
        try (VisionModel model = Pretrained.load(
                        folder, Pretrained.Options.asItIs(device, info.problemType()), predictor.weightsHere())
                .model()) {
            ArrowDataset own = ofEnsemble ? data.inOrderOf(model.labels()) : data;
            DatasetFit.requireLabels(prepared, own.labels().names(), folder, model.labels());
            Dataset pictures = Datasets.subset(own, rows);
            Sides takes = size(folder, model);
            if (tta.isNone() && takes.height() == info.cropHeight() && takes.width() == info.cropWidth()) {
                return predictor
                        .of(model, pictures, CentreCrop.of(info), progress)
                        .map(predicted -> new Predictor.Predicted(
                                inOrderOfData(predicted.prediction(), model.labels()), predicted.loss()));
            }
            List<PictureView> views = views().stream()
                    .map(view -> view.sized(takes.height(), takes.width()))
                    .toList();
            return predictor
                    .of(model, TestTimeAugmentation.of(pictures, views), ImageTransform.none(), progress)
                    .map(all -> TestTimeAugmentation.averaged(all.prediction(), views.size()))
                    .map(mean -> new Predictor.Predicted(inOrderOfData(mean, model.labels()), mean.meanLoss()));
        }
    }

    /** Those of all models of an ensemble, one after another. */
    List<EvalPrediction> ofAll(List<Path> folders, int[] rows, Progress.Factory progress) {
        List<EvalPrediction> all = new ArrayList<>();
        for (Path folder : folders) {
            all.add(of(folder, rows, progress)
                    .orElseThrow(() ->
                            new InputException("an ensemble is evaluated by one process; start it without launch"))
                    .prediction());
        }
        return all;
    }

    /** The size of pictures that the model takes; InputException if these cannot be given to it. */
    private Sides size(Path folder, VisionModel model) {
        DatasetInfo info = data.info();
        if (!ofEnsemble) {
            DatasetFit.requirePictures(prepared, info, folder, model.definition());
            return new Sides(info.cropHeight(), info.cropWidth());
        }
        Sides takes = DatasetFit.requireAtLeast(prepared, info, folder, model.definition());
        if (takes.height() < info.cropHeight() || takes.width() < info.cropWidth()) {
            LOG.info(
                    "{} takes pictures of {}: those of {}x{} are reduced for it",
                    folder,
                    takes,
                    info.cropWidth(),
                    info.cropHeight());
        }
        return takes;
    }

    private EvalPrediction inOrderOfData(EvalPrediction prediction, List<String> labels) {
        return ofEnsemble
                ? prediction.labelsInOrder(
                        data.labels().names().stream().mapToInt(labels::indexOf).toArray())
                : prediction;
    }
}
