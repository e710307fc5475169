package io.vit4j;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.LabelNames;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.infer.Decision;
import io.vit4j.infer.LabelScore;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.EvalPrediction;
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
 * Scores of picture files by a tuned model. A program that answers one picture after another keeps an
 * {@link io.vit4j.infer.ImageClassifier} open instead.
 *
 * <pre>{@code
 * for (PredictRequest.Scored picture : Vit4j.predict(Path.of("tuned")).run(files, Progress.NONE)) {
 *     System.out.println(picture.file() + ": " + picture.scores().get(0).label());
 * }
 * }</pre>
 */
public final class PredictRequest {
    private final Path folder;
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

    PredictRequest(Path folder) {
        this.folder = folder;
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
        Decision decision = plain ? Decision.PLAIN : Decision.read(folder);
        try (VisionModel model =
                Pretrained.load(folder, Pretrained.Options.asItIs(device())).model()) {
            PictureFiles pictures = new PictureFiles(files, decode, model, new ConcurrentHashMap<>());
            EvalPrediction prediction = new Predictor(model, settings)
                    .predict(pictures, ImageTransform.none(), progress)
                    .prediction();
            int labels = prediction.labels();
            List<String> names = LabelNames.distinct(model.labels());
            List<Scored> scored = new ArrayList<>();
            for (int i = 0; i < files.size(); i++) {
                Optional<InputException> fault =
                        Optional.ofNullable(pictures.faults().get(i));
                float[] logits = fault.isPresent()
                        ? new float[0]
                        : Arrays.copyOfRange(prediction.predictions(), i * labels, (i + 1) * labels);
                List<LabelScore> scores = fault.isPresent() ? List.of() : decision.of(model.definition(), logits);
                scored.add(new Scored(files.get(i), type(model), names, logits, scores, fault));
            }
            return scored;
        }
    }

    private Device device() {
        return device.orElseGet(() -> RankEnvironment.device("auto"));
    }

    private static ProblemType type(VisionModel model) {
        return model.definition()
                .problemType()
                .orElseGet(() -> ProblemType.ofOutputs(model.labels().size()));
    }

    /**
     * Pictures from files, decoded on demand; their labels are unknown.
     *
     * @param faults of those that cannot be read, by number; a black picture takes their place
     */
    private record PictureFiles(
            List<Path> files, DecodeOptions decode, VisionModel model, Map<Integer, InputException> faults)
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
                return model.processor().apply(ImageDecoder.decode(files.get(index), decode));
            } catch (InputException e) {
                faults.put(index, e);
                int width = model.processor().width();
                int height = model.processor().height();
                return new Picture(width, height, 1, new byte[width * height]);
            }
        }
    }
}
