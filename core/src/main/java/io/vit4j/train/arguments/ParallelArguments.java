package io.vit4j.train.arguments;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.hub.HubSettings;
import io.vit4j.model.ModelDefinition;
import io.vit4j.parallel.BlockRange;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.ParallelConfigSource;
import io.vit4j.parallel.ParallelOptions;
import io.vit4j.parallel.Placement;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.parallel.RendezvousSecret;
import io.vit4j.parallel.RendezvousSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** Between the training arguments and the parallel configuration: each fills in what the other leaves open. */
public final class ParallelArguments {
    private ParallelArguments() {}

    /** What the arguments say beside a configuration file. */
    public static ParallelOptions options(TrainingArguments arguments) {
        return new ParallelOptions(
                arguments.podType(),
                arguments.nIpu().isPresent() ? Optional.of(arguments.nIpu().getAsInt()) : Optional.empty(),
                arguments.ipuConfigOverrides(),
                given(arguments, "gradient_accumulation_steps", arguments.gradientAccumulationSteps()),
                given(arguments, "auto_loss_scaling", arguments.autoLossScaling()),
                given(arguments, "gradient_checkpointing", arguments.gradientCheckpointing()));
    }

    /** How the ranks meet. */
    public static RendezvousSettings rendezvous(TrainingArguments arguments) {
        return new RendezvousSettings(
                arguments.rendezvousTimeout(),
                arguments.ddpTimeout(),
                arguments
                        .rendezvousSecret()
                        .map(file -> RendezvousSecret.read(ArgumentValues.path("rendezvous_secret", file))),
                arguments.interfaceName());
    }

    private static <T> Optional<T> given(TrainingArguments arguments, String name, T value) {
        return arguments.isGiven(name) ? Optional.of(value) : Optional.empty();
    }

    /** The configuration that the arguments ask for, from a file, a folder or the hub; empty if they ask for none. */
    public static Optional<ParallelConfig> config(TrainingArguments arguments) {
        ParallelOptions options = options(arguments);
        if (arguments.parallel().isPresent()) {
            Path path = ParallelConfigSource.resolve(
                    arguments.parallel().get(), HubSettings.fromEnvironment(), Progress.NONE);
            return Optional.of(ParallelConfig.read(path, options));
        }
        boolean asked = options.podType().isPresent()
                || options.ranks().isPresent()
                || options.overrides().isPresent();
        return asked ? Optional.of(ParallelConfig.of(options)) : Optional.empty();
    }

    /**
     * The layout to run: the configured one, which must have as many ranks as were started, or else a replica on each.
     *
     * @param inference whether nothing is trained, so that the inference layout holds
     */
    public static ParallelConfig layout(
            Optional<ParallelConfig> config,
            Optional<RankEnvironment> self,
            TrainingArguments arguments,
            boolean inference) {
        int started = self.map(RankEnvironment::worldSize).orElse(1);
        ParallelConfig layout =
                config.orElseGet(() -> ParallelConfig.of(options(arguments).withRanks(started)));
        int asked = inference ? layout.inferenceRanks() : layout.ranks();
        if (asked != started) {
            int replicas = inference ? layout.inferenceReplicas() : layout.replicas();
            int stages = inference ? layout.inferenceStages() : layout.stages();
            throw new InputException("the parallel configuration has " + replicas + " replicas of " + stages
                    + " stages, " + asked + " ranks in total, but "
                    + (started == 1 ? "1 was started" : started + " were started") + "; start " + asked
                    + " (vit4j launch --nproc-per-node " + asked + " -- " + (inference ? "evaluate" : "train")
                    + " ...), or change the configuration");
        }
        return layout;
    }

    /**
     * Which weights of a model this rank will hold, so that it need not load the others: those of its pipeline stage, or
     * all.
     *
     * @param config what was asked for; empty if nothing was
     * @param self this rank; empty if it is alone
     * @param inference whether nothing will be trained, so that the inference layout holds
     * @return by the model's shape, whether the weight of a name is wanted
     */
    public static Function<ModelDefinition, Predicate<String>> weightsHere(
            Optional<ParallelConfig> config,
            Optional<RankEnvironment> self,
            TrainingArguments arguments,
            boolean inference) {
        if (self.isEmpty() || self.get().worldSize() == 1) {
            return model -> name -> true;
        }
        ParallelConfig layout = layout(config, self, arguments, inference);
        return model -> {
            Placement placement = placement(layout, inference, model);
            BlockRange blocks = placement.blocks(self.get().rank() % placement.stages());
            return model.weightNames(blocks.first(), blocks.end())::contains;
        };
    }

    /** Which stage holds which of this model's blocks, in training or in inference. */
    public static Placement placement(ParallelConfig layout, boolean inference, ModelDefinition model) {
        int layers = model.layers();
        return inference ? layout.inferencePlacement(layers) : layout.placement(layers);
    }

    /** The arguments with what the configuration decides, as the run uses them and checkpoints hold them. */
    public static TrainingArguments decided(TrainingArguments arguments, Optional<ParallelConfig> config) {
        if (config.isEmpty()) {
            return arguments;
        }
        Map<String, String> decided = new HashMap<>();
        config.get()
                .gradientAccumulationSteps()
                .ifPresent(steps -> decided.put("gradient_accumulation_steps", Integer.toString(steps)));
        if (config.get().recomputation()) {
            decided.put("gradient_checkpointing", "true");
        }
        if (config.get().autoLossScaling()) {
            decided.put("auto_loss_scaling", "true");
        }
        return arguments.withOverrides(decided);
    }
}
