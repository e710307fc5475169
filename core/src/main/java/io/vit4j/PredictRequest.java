package io.vit4j;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.data.augment.PictureView;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.infer.Decision;
import io.vit4j.infer.Ensemble;
import io.vit4j.infer.LabelScore;
import io.vit4j.infer.Predictor;
import io.vit4j.infer.TestTimeAugmentation;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Scores of picture files by a tuned model, or by an ensemble of several. A program that answers one picture after another keeps an
 * {@link io.vit4j.infer.ImageClassifier} open instead.
 *
 * <pre>{@code
 * for (PredictRequest.Scored picture : Vit4j.predict(Path.of("tuned")).run(files, Progress.NONE)) {
 *     System.out.println(picture.file() + ": " + picture.scores().get(0).label());
 * }
 * }</pre>
 */
public final class PredictRequest {
    private final List<Path> models;
    private Optional<String> weights = Optional.empty();
    private TestTimeAugmentation tta = TestTimeAugmentation.NONE;
    private Predictor.Settings settings = Predictor.Settings.defaults();
    private Optional<Device> device = Optional.empty();
    private DecodeOptions decode = DecodeOptions.DEFAULT;
    private boolean plain;

    /**
     * A picture's scores.
     *
     * @param file the picture
     * @param type what the scores are
     * @param labels of the model, in the order of its logits; repeated names with their numbers
     * @param logits one per label
     * @param scores one per label, highest first
     * @param fault why the picture could not be read, in which case there are neither logits nor scores; empty if it could
     * be read
     */
    public record Scored(
            Path file,
            ProblemType type,
            List<String> labels,
            float[] logits,
            List<LabelScore> scores,
            Optional<InputException> fault) {}

    PredictRequest(List<Path> models) {
        this.models = List.copyOf(models);
    }

    /**
     * The weights of an ensemble's models.
     *
     * @param how {@code equal} (the default for several models), or numbers such as {@code 0.3,0.7}; fitted weights are those of an
     *     ensemble's folder, which {@link EvaluateRequest} writes
     */
    public PredictRequest ensembleWeights(String how) {
        weights = Optional.of(how);
        return this;
    }

    /** Averages the logits of several views of each picture; by default there is one. */
    public PredictRequest tta(TestTimeAugmentation views) {
        tta = views;
        return this;
    }

    /** How to compute; by default in float32 on every core. */
    public PredictRequest settings(Predictor.Settings chosen) {
        settings = chosen;
        return this;
    }

    /** Where to compute; by default on an NVIDIA GPU if this build can use one, else on the CPU. */
    public PredictRequest device(Device chosen) {
        device = Optional.of(chosen);
        return this;
    }

    /** How picture files are decoded. */
    public PredictRequest decode(DecodeOptions options) {
        decode = options;
        return this;
    }

    /** Ignores the temperature and thresholds that are stored with the model. */
    public PredictRequest plainScores() {
        plain = true;
        return this;
    }

    /** The scores of these files, in their order. One that cannot be read spoils no other. */
    public List<Scored> run(List<Path> files, Progress.Factory progress) {
        EnsembleChoice ensemble = EnsembleChoice.of(models, weights);
        Ensemble weighted = ensemble.weighted(() -> {
            throw new InputException("weights are fitted by evaluate; give the folder that it wrote as --model");
        });
        Map<Integer, InputException> faults = new ConcurrentHashMap<>();
        List<EvalPrediction> members = new ArrayList<>();
        ModelDefinition first = Pretrained.definition(ensemble.models().get(0));
        tta.noteSides(first.labels());
        for (Path model : ensemble.models()) {
            members.add(predictions(model, first, files, faults, progress));
        }
        EvalPrediction prediction = members.size() == 1 ? members.get(0) : weighted.pooled(members);
        Decision decision = plain ? Decision.PLAIN : decision(ensemble);
        int labels = prediction.labels();
        List<String> names = first.labels();
        List<Scored> scored = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            Optional<InputException> fault = Optional.ofNullable(faults.get(i));
            float[] logits = fault.isPresent()
                    ? new float[0]
                    : Arrays.copyOfRange(prediction.predictions(), i * labels, (i + 1) * labels);
            List<LabelScore> scores = fault.isPresent() ? List.of() : decision.of(first, logits);
            scored.add(new Scored(files.get(i), type(first), names, logits, scores, fault));
        }
        return scored;
    }

    /** That of the model or of the ensemble's folder; those of the models do not hold for their mean. */
    private static Decision decision(EnsembleChoice ensemble) {
        return ensemble.isOne()
                ? Decision.read(ensemble.models().get(0))
                : ensemble.kept().map(kept -> Decision.read(kept.folder())).orElse(Decision.PLAIN);
    }

    /** Of one model, its labels in the order of the first. */
    private EvalPrediction predictions(
            Path folder,
            ModelDefinition first,
            List<Path> files,
            Map<Integer, InputException> faults,
            Progress.Factory progress) {
        try (VisionModel model =
                Pretrained.load(folder, Pretrained.Options.asItIs(device())).model()) {
            Ensemble.requireSameLabels(folder, model.definition(), first);
            ImageProcessor read = tta.processor(model.processor());
            PictureFiles pictures = new PictureFiles(files, decode, read, model.definition(), faults);
            List<PictureView> views = tta.views(
                    read.height(),
                    read.width(),
                    model.processor().height(),
                    model.processor().width());
            EvalPrediction all = new Predictor(model, settings)
                    .predict(
                            views.size() == 1 ? pictures : TestTimeAugmentation.of(pictures, views),
                            ImageTransform.none(),
                            progress)
                    .prediction();
            List<String> own = model.labels();
            return TestTimeAugmentation.averaged(all, views.size())
                    .labelsInOrder(
                            first.labels().stream().mapToInt(own::indexOf).toArray());
        }
    }

    private Device device() {
        return device.orElseGet(() -> RankEnvironment.device("auto"));
    }

    private static ProblemType type(ModelDefinition model) {
        return model.problemType()
                .orElseGet(() -> ProblemType.ofOutputs(model.labels().size()));
    }

    /**
     * Pictures from files, decoded on demand; their labels are unknown.
     *
     * @param faults of those that cannot be read, by number; a black picture takes their place
     */
    private record PictureFiles(
            List<Path> files,
            DecodeOptions decode,
            ImageProcessor processor,
            ModelDefinition model,
            Map<Integer, InputException> faults)
            implements Dataset {
        @Override
        public int size() {
            return files.size();
        }

        @Override
        public Sample get(int index) {
            float[] unknown = new float[type(model).labelCount(model.labels().size())];
            Arrays.fill(unknown, Float.NaN);
            return new Sample(files.get(index).toString(), picture(index), unknown);
        }

        private Picture picture(int index) {
            try {
                return processor.apply(ImageDecoder.decode(files.get(index), decode));
            } catch (InputException e) {
                faults.put(index, e);
                int width = processor.width();
                int height = processor.height();
                return new Picture(width, height, 1, new byte[width * height]);
            }
        }
    }
}
