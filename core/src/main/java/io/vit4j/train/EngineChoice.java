package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.model.Parameters;
import io.vit4j.model.SelfDistillation;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.BlockRange;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.Placement;
import io.vit4j.parallel.Plan;
import io.vit4j.parallel.RankMesh;
import io.vit4j.torch.Dtype;
import io.vit4j.train.arguments.OptimizerArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.LocalState;
import io.vit4j.train.checkpoint.OptimizerState;
import io.vit4j.train.checkpoint.StateSource;
import io.vit4j.train.checkpoint.TrainerFiles;
import io.vit4j.train.engine.Engine;
import io.vit4j.train.engine.EngineSettings;
import io.vit4j.train.engine.GatheredState;
import io.vit4j.train.engine.LocalEngine;
import io.vit4j.train.engine.MemoryNeed;
import io.vit4j.train.engine.RankEngine;
import io.vit4j.train.engine.ShardedOptimizer;
import io.vit4j.train.engine.TrainingRun;
import io.vit4j.train.optimizer.HostOptimizer;
import io.vit4j.train.optimizer.ModelEma;
import io.vit4j.train.optimizer.Optimizer;
import io.vit4j.train.optimizer.OptimizerFactory;
import io.vit4j.walk.Objective;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine that fits a run's layout, and what belongs to it.
 *
 * @param frozen the backbone whose features stand in for pictures, if there is one
 * @param state what checkpoints are made of
 * @param roomForCopy whether there is memory for a copy of that state
 * @param reader fills the optimizer's state from a checkpoint's folder
 */
record EngineChoice(
        Engine engine,
        Optional<FrozenBackbone> frozen,
        StateSource state,
        boolean roomForCopy,
        TrainerFiles.StateReader reader) {
    private static final Logger LOG = LoggerFactory.getLogger(EngineChoice.class);

    /** Makes the model's weights trainable, and leaves of them this rank's stage. */
    static EngineChoice of(
            TrainerBuilder builder, RunLayout layout, TrainingArguments arguments, Dtype dtype, TrainerData data) {
        Objective objective = data.trained();
        VisionModel model = builder.model;
        Parameters weights = model.parameters();
        OptimizerFactory given =
                builder.optimizer.orElseGet(() -> OptimizerArguments.factory(arguments, model.definition()));
        OptimizerFactory averaging = averaging(arguments, model, data, layout)
                .map(decay -> ModelEma.of(given, decay))
                .orElse(given);
        boolean offloads =
                layout.layout().optimizerStateOffload() && !weights.device().isCpu();
        OptimizerFactory factory = offloads ? HostOptimizer.of(averaging) : averaging;
        EngineSettings settings = TrainingRun.settings(arguments, model, dtype, weights.device(), layout.localRanks());
        Predicate<String> isFrozen = builder.trainDataset.isPresent()
                ? TrainingRun.frozen(arguments, model.definition())
                : name -> true; // nothing will be trained
        if (layout.mesh().isPresent()) {
            return ofRank(builder, layout, arguments, objective, factory, settings, isFrozen);
        }
        boolean roomForCopy = builder.trainDataset
                .map(any -> MemoryNeed.of(arguments, model, settings, builder.evalDataset.isPresent())
                        .isRoomForCopy(builder.memory.get(), weights.device()))
                .orElse(true);
        weights.trainable(isFrozen);
        Optimizer optimizer = factory.create(weights);
        Optional<FrozenBackbone> frozen = FrozenBackbone.of(builder, arguments, settings);
        Engine engine = frozen.isPresent()
                ? frozen.get().engine(objective, optimizer)
                : new LocalEngine(
                        model,
                        settings,
                        objective,
                        optimizer,
                        OptimizerArguments.groups(arguments, model.definition()));
        return new EngineChoice(
                engine,
                frozen,
                new LocalState(weights, optimizer, arguments.saveOnlyModel()),
                roomForCopy,
                (folder, kinds) ->
                        OptimizerState.read(folder, weights, chosen(optimizer.state(), kinds), optimizer::shape));
    }

    /** How weights are averaged: as the arguments say, or so that the average is the model's teacher. */
    private static Optional<ModelEma.Decay> averaging(
            TrainingArguments arguments, VisionModel model, TrainerData data, RunLayout layout) {
        if (model.definition().views().isEmpty()) {
            return OptimizerArguments.modelEma(arguments).map(settings -> settings);
        }
        if (arguments.modelEmaDecay().isPresent()) {
            throw new InputException(
                    "model_ema_decay: in self-distillation the average of the weights is the teacher; leave it out");
        }
        SelfDistillation settings = model.definition().views().get().settings();
        long steps = TrainPlan.of(data.training().size(), arguments, layout).totalSteps();
        return Optional.of(step -> settings.teacher().momentum(step - 1, steps));
    }

    private static EngineChoice ofRank(
            TrainerBuilder builder,
            RunLayout layout,
            TrainingArguments arguments,
            Objective objective,
            OptimizerFactory factory,
            EngineSettings settings,
            Predicate<String> isFrozen) {
        VisionModel model = builder.model;
        Parameters weights = model.parameters();
        RankMesh mesh = layout.mesh().orElseThrow();
        ParallelConfig config = layout.layout();
        Placement placement = layout.placement(model.definition());
        BlockRange blocks = placement.blocks(mesh.stage());
        weights.keepOnly(model.definition().weightNames(blocks.first(), blocks.end())::contains);
        weights.trainable(isFrozen);
        if (arguments.freezeBackbone() && layout.isFirst()) {
            LOG.info("freeze_backbone: a run with several ranks does not keep features; every epoch runs the whole"
                    + " model");
        }
        double bucket = arguments.ddpBucketCapMb().isPresent()
                ? arguments.ddpBucketCapMb().getAsInt()
                : Plan.DEFAULT_BUCKET_MEBIBYTES;
        boolean sharded = config.optimizerStateSharding() && builder.trainDataset.isPresent();
        RankEngine engine = new RankEngine(
                mesh,
                new RankEngine.Division(placement, sharded, bucket),
                model,
                settings,
                objective,
                factory,
                OptimizerArguments.groups(arguments, model.definition()));
        StateSource state = new GatheredState(
                mesh, model, placement, engine.optimizer(), !arguments.saveOnlyModel(), isFrozen.negate());
        return new EngineChoice(
                engine,
                Optional.empty(),
                state,
                true,
                (folder, kinds) -> read(folder, kinds, weights, engine.optimizer()));
    }

    private static SortedMap<String, Tensor> chosen(SortedMap<String, Tensor> state, Predicate<String> kinds) {
        SortedMap<String, Tensor> chosen = new TreeMap<>(state);
        chosen.keySet().removeIf(kinds.negate());
        return chosen;
    }

    /** Every rank reads its stage's state and takes its share of it. */
    private static void read(Path folder, Predicate<String> kinds, Parameters weights, ShardedOptimizer optimizer) {
        SortedMap<String, Tensor> room = optimizer.room(kinds);
        try {
            OptimizerState.read(folder, weights, room, optimizer::shape);
            optimizer.take(room);
        } finally {
            room.values().forEach(Tensor::close);
        }
    }
}
