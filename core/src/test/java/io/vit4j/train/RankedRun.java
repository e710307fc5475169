package io.vit4j.train;

import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.augment.Augmentation;
import io.vit4j.data.augment.RandomErasing;
import io.vit4j.hub.AdapterFolder;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.Fixture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.ParallelOptions;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Device;
import io.vit4j.train.arguments.AdapterArguments;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.optimizer.OptimizerFactory;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A run of a small ViT, its ranks as threads of this JVM: with shuffling, augmentation, dropout, evaluation and saving. Of its
 * eight steps the sixth is short and ends an epoch.
 */
final class RankedRun {
    static final int LAYERS = 4;

    private static final int SIDE = 16;
    private static final List<String> LABELS = List.of("bright", "left", "top");

    private final Map<String, String> arguments = new HashMap<>();
    private final Path output;
    private String layout = "";
    private int ranks = 1;
    private Dataset training = TinyRun.pictures(44, 1);
    private Map<Integer, Dataset> trainingOfRank = Map.of();
    private Dataset evaluation = TinyRun.pictures(13, 2);
    private Optional<RandomErasing> erasing = Optional.empty();
    private Optional<OptimizerFactory> optimizer = Optional.empty();
    private Consumer<Trainer> before = trainer -> {};
    private Consumer<Trainer> whileOpen = trainer -> {};
    private Map<Integer, Map<String, String>> ofRank = Map.of();
    private ModelDefinition config = config(0.1);
    private Optional<TrainerCallback> callback = Optional.empty();
    private ImageTransform augmentation = TinyRun::flip;

    RankedRun(Path output) {
        this.output = output;
        arguments.putAll(Map.of(
                "output_dir", output.toString(),
                "max_steps", "8",
                "per_device_train_batch_size", "8",
                "learning_rate", "1e-2",
                "lr_scheduler_type", "cosine",
                "save_strategy", "no",
                "logging_steps", "1",
                "dtype", "float32",
                "threads", "1",
                "dataloader_num_workers", "0"));
        arguments.put("rendezvous_timeout", "30");
    }

    RankedRun with(String name, String value) {
        arguments.put(name, value);
        return this;
    }

    /** Arguments of one rank alone. */
    RankedRun with(int rank, String name, String value) {
        ofRank = new HashMap<>(ofRank);
        ofRank.put(rank, Map.of(name, value));
        return this;
    }

    /** @param overrides of the default parallel configuration: {@code "layers_per_ipu=[1 3],replication_factor=2"} */
    RankedRun layout(int ranks, String overrides) {
        this.ranks = ranks;
        this.layout = overrides;
        return this;
    }

    /** Erases a part of every second training sample. */
    RankedRun erasing() {
        erasing = Optional.of(new RandomErasing(0.5, 0.02, 0.33, 0.3, 3.3, Double.NaN));
        return this;
    }

    RankedRun training(Dataset data) {
        training = data;
        return this;
    }

    /** Another data set on one rank. */
    RankedRun training(int rank, Dataset data) {
        trainingOfRank = Map.of(rank, data);
        return this;
    }

    RankedRun evaluation(Dataset data) {
        evaluation = data;
        return this;
    }

    RankedRun model(ModelDefinition config) {
        this.config = config;
        return this;
    }

    /** The same with pictures changed as {@code --augment} says. */
    RankedRun augment(String steps) {
        Augmentation augment = Augmentation.parse(steps);
        augmentation = augment.transform(SIDE, SIDE);
        erasing = augment.erasing();
        return this;
    }

    /** The same with pictures as they are. */
    RankedRun withoutAugmentation() {
        augmentation = ImageTransform.none();
        return this;
    }

    RankedRun callback(TrainerCallback callback) {
        this.callback = Optional.of(callback);
        return this;
    }

    RankedRun optimizer(OptimizerFactory factory) {
        optimizer = Optional.of(factory);
        return this;
    }

    /** What each rank's trainer is told before training. */
    RankedRun beforeTraining(Consumer<Trainer> tell) {
        before = tell;
        return this;
    }

    /** What each rank's trainer is asked after training. */
    RankedRun whileOpen(Consumer<Trainer> look) {
        whileOpen = look;
        return this;
    }

    /**
     * What a run leaves.
     *
     * @param losses of each step, as rank 0 logged them
     * @param weights of the saved model
     * @param evaluated what {@code evaluate} gave on rank 0
     */
    record Result(List<Double> losses, Map<String, float[]> weights, Metrics evaluated) {}

    Result run() {
        Metrics evaluated = RankThreads.run(ranks, this::runRank).get(0);
        return left(output, evaluated);
    }

    /** What a run has left in its output folder. */
    static Result left(Path output, Metrics evaluated) {
        return new Result(losses(output), weights(weightsIn(output)), evaluated);
    }

    /** What each rank's user is told. */
    List<String> faults() {
        return RankThreads.faults(ranks, this::runRank);
    }

    /** The file of a saved model's weights, or of its adapter's. */
    static Path weightsIn(Path folder) {
        return AdapterFolder.is(folder)
                ? folder.resolve(AdapterFolder.SAFETENSORS)
                : folder.resolve(CheckpointFiles.SAFETENSORS);
    }

    private static List<Double> losses(Path output) {
        return TrainerState.read(output.resolve(TrainerState.FILE)).logHistory().stream()
                .filter(entry -> entry.has("loss"))
                .map(entry -> entry.get("loss"))
                .toList();
    }

    static ModelDefinition config(double dropout) {
        return config(dropout, 8, LAYERS);
    }

    static ModelDefinition config(double dropout, int hidden, int layers) {
        return ModelDefinition.of(SmallModels.vit(hidden, layers, 2, 2 * hidden, SIDE, 8)
                        .with("hidden_dropout_prob", dropout)
                        .with("attention_probs_dropout_prob", dropout))
                .withLabels(LABELS, ProblemType.MULTI_LABEL);
    }

    /** One rank's part; what {@code evaluate} gives. */
    Metrics runRank(Optional<RankEnvironment> self) {
        Map<String, String> own = new HashMap<>(arguments);
        self.ifPresent(rank -> own.putAll(ofRank.getOrDefault(rank.rank(), Map.of())));
        TrainingArguments given = TrainingArguments.builder().set(own).build();
        try (VisionModel model = VisionModel.fromScratch(AdapterArguments.adapted(config, given), Device.CPU, 7)) {
            TrainerBuilder builder = Trainer.builder(model, given)
                    .trainDataset(self.map(rank -> trainingOfRank.getOrDefault(rank.rank(), training))
                            .orElse(training))
                    .evalDataset(evaluation)
                    .transforms(augmentation, ImageTransform.none())
                    .erasing(erasing);
            if (!layout.isEmpty()) {
                ParallelOptions options = ParallelArguments.options(given).withOverrides(layout);
                builder.parallel(ParallelConfig.of(options));
            }
            callback.ifPresent(builder::callback);
            optimizer.ifPresent(builder::optimizer);
            self.ifPresent(builder::rank);
            try (Trainer trainer = builder.build()) {
                before.accept(trainer);
                trainer.train();
                trainer.saveModel();
                Metrics evaluated = trainer.evaluate();
                whileOpen.accept(trainer);
                return evaluated;
            }
        }
    }

    static Map<String, float[]> weights(Path file) {
        Map<String, float[]> weights = new TreeMap<>();
        try (SafetensorsFile saved = Safetensors.open(file)) {
            for (StoredTensor tensor : saved.tensors()) {
                weights.put(tensor.name(), Fixture.floats(tensor));
            }
        }
        return weights;
    }
}
