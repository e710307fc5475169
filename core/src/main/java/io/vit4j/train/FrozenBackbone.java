package io.vit4j.train;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Privacy;
import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.base.Sha256;
import io.vit4j.data.BatchPlan;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sampler;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.StoredTensor;
import io.vit4j.model.Block;
import io.vit4j.model.Parameters;
import io.vit4j.model.StoredWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Scope;
import io.vit4j.train.arguments.OptimizerArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.engine.Engine;
import io.vit4j.train.engine.EngineSettings;
import io.vit4j.train.engine.LocalEngine;
import io.vit4j.train.engine.TrainingRun;
import io.vit4j.train.optimizer.Optimizer;
import io.vit4j.walk.Inference;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.Objective;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backbone that is not trained gives the same features of a picture in every epoch, so they are computed once and kept in
 * {@code OUTPUT/features/}; the classifier is then trained on them. A file is named by digests of the backbone with all
 * that its features depend on and of the data set, so that what is stale is never read.
 */
final class FrozenBackbone implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FrozenBackbone.class);
    private static final String FOLDER = "features";
    private static final String ENDING = ".safetensors";

    /** Hexadecimal digits of each digest in a file's name. */
    private static final int DIGITS = 16;

    private static final int PICTURES_A_LANE = 8;

    private final VisionModel model;
    private final TrainingArguments arguments;
    private final EngineSettings settings;
    private final Progress.Factory progress;
    private final Map<FeatureKey, FeatureDataset> open = new HashMap<>();
    private Optional<String> backbone = Optional.empty();

    private FrozenBackbone(
            VisionModel model, TrainingArguments arguments, EngineSettings settings, Progress.Factory progress) {
        this.model = model;
        this.arguments = arguments;
        this.settings = settings;
        this.progress = progress;
    }

    /** Empty if the backbone is trained, or if its features differ from epoch to epoch, which is logged. */
    static Optional<FrozenBackbone> of(TrainerBuilder builder, TrainingArguments arguments, EngineSettings settings) {
        if (!arguments.freezeBackbone() || builder.trainDataset.isEmpty()) {
            return Optional.empty();
        }
        boolean drops = builder.model.definition().drops();
        boolean taught = arguments.teacher().isPresent();
        boolean precise = settings.dtype() == settings.evalDtype();
        boolean changes = builder.trainTransform.digest().isEmpty()
                || builder.evalTransform.digest().isEmpty()
                || builder.collator.isPresent()
                || builder.erasing.isPresent()
                || arguments.mixup() > 0
                || arguments.cutmix() > 0;
        if (drops || taught || changes || !precise) {
            LOG.info(
                    "freeze_backbone: {}, so features differ each time and cannot be kept; every epoch runs the"
                            + " whole model",
                    drops
                            ? "the model uses dropout"
                            : taught
                                    ? "a teacher sees the pictures"
                                    : changes
                                            ? "pictures are augmented (--augment), mixed or collated by other code"
                                            : "evaluation uses a different precision");
            return Optional.empty();
        }
        return Optional.of(new FrozenBackbone(builder.model, arguments, settings, builder.progress));
    }

    /** Trains and evaluates the classifier alone, on batches of features. */
    Engine engine(Objective objective, Optimizer optimizer) {
        return new LocalEngine(
                model,
                model.definition()::classifierOver,
                TrainingRun.classifierSettings(),
                objective,
                optimizer,
                OptimizerArguments.groups(arguments, model.definition()));
    }

    /** Thrown out of a long computation when training is asked to end. */
    static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** What features are made from: how each picture is changed first is a part of it. */
    private record FeatureKey(Dataset data, String transform) {
        @Override
        public boolean equals(Object other) {
            return other instanceof FeatureKey that && data == that.data && transform.equals(that.transform);
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(data);
        }
    }

    /**
     * The features of a data set's pictures: those on disk where they are the same, else computed and kept there.
     *
     * @throws Ended if {@code ended} has come true meanwhile
     */
    FeatureDataset features(Dataset pictures, ImageTransform transform, Collator collator, BooleanSupplier ended) {
        FeatureKey key = new FeatureKey(pictures, transform.digest().orElseThrow());
        FeatureDataset known = open.get(key);
        if (known != null) {
            return known;
        }
        Path folder = arguments.outputDir().resolve(FOLDER);
        String prefix = backbone();
        prepare(folder, prefix);
        int hidden = model.definition().features();
        String data = pictures.digest()
                .map(digest -> hex(sha256(digest + key.transform())))
                .orElse("unnamed-" + open.size());
        Path file = folder.resolve(prefix + "-" + data + ENDING);
        if (pictures.digest().isPresent() && FeatureDataset.fits(file, pictures.size(), hidden)) {
            LOG.info("Using the stored features of {} images from {}", pictures.size(), file);
        } else {
            compute(file, pictures, transform, collator, ended);
        }
        FeatureDataset features = FeatureDataset.open(file, pictures, hidden);
        open.put(key, features);
        return features;
    }

    /** Makes the folder, and removes from it what another backbone left. */
    private static void prepare(Path folder, String prefix) {
        try {
            Privacy.createFolders(folder);
            List<Path> stale;
            try (Stream<Path> files = Files.list(folder)) {
                stale = files.filter(file -> file.getFileName().toString().endsWith(ENDING)
                                && !file.getFileName().toString().startsWith(prefix))
                        .toList();
            }
            stale.forEach(DurableFiles.SYSTEM::delete);
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be created (" + e.getMessage() + "); check its permissions", e);
        }
    }

    private void compute(
            Path file, Dataset pictures, ImageTransform transform, Collator collator, BooleanSupplier ended) {
        int lanes = settings.lanes();
        DataLoader.Workers workers =
                TrainingRun.workers(arguments, model.parameters().device(), 1);
        int batch = Math.max(arguments.perDeviceEvalBatchSize(), PICTURES_A_LANE * lanes);
        List<int[]> plan = BatchPlan.of(Sampler.sequential().order(pictures.size(), 0), batch, false);
        List<Block> blocks = model.definition().featuresOver(model.parameters());
        int hidden = model.definition().features();
        try (Progress bar = progress.start("Computing features", pictures.size());
                DataLoader loader = new DataLoader(pictures, plan, collator, transform, RandomKey.of(0), workers);
                Lanes side = new Lanes(lanes);
                Inference inference = new Inference(
                        blocks, hidden, 0, model.parameters().device(), settings.dtype(), side, settings.chunkSize())) {
            RowsInOrder rows = new RowsInOrder(FeatureDataset.TENSOR, pictures.size(), hidden, left -> {
                if (ended.getAsBoolean()) {
                    throw new Ended();
                }
                int count = Math.min(batch, left);
                float[] numbers = inference.run(loader, count);
                bar.advance(count);
                return numbers;
            });
            Safetensors.write(DurableFiles.SYSTEM.ofPatients(), file, Map.of("format", "pt"), List.of(rows));
        }
    }

    /** Of all that features depend on but the pictures: weights, shape, processing, precision. */
    private String backbone() {
        if (backbone.isEmpty()) {
            MessageDigest digest = sha256(model.definition()
                            .withLabels(List.of("none"), ProblemType.REGRESSION)
                            .config()
                            .line()
                    + model.processor().toJson().line()
                    + settings.dtype());
            List<Parameters.Entry> trained = model.parameters().trained();
            for (Parameters.Entry entry : model.parameters().entries()) {
                if (!trained.contains(entry)) {
                    update(digest, entry);
                }
            }
            backbone = Optional.of(hex(digest));
        }
        return backbone.get();
    }

    private void update(MessageDigest digest, Parameters.Entry entry) {
        try (Scope scope = new Scope()) {
            StoredTensor stored = StoredWeights.stored(
                    entry.name(), model.parameters().get(entry.name()).detach().cpu());
            ByteBuffer chunk = ByteBuffer.allocate(1 << 20);
            for (long offset = 0; offset < stored.byteSize(); offset += chunk.limit()) {
                chunk.clear().limit((int) Math.min(chunk.capacity(), stored.byteSize() - offset));
                stored.read(offset, chunk);
                digest.update(chunk.flip());
            }
        }
    }

    private static MessageDigest sha256(String text) {
        MessageDigest digest = Sha256.digest();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return digest;
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
    }

    @Override
    public void close() {
        open.values().forEach(FeatureDataset::close);
    }
}
