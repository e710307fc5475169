package io.vit4j.train;

import io.vit4j.base.JsonObject;
import io.vit4j.base.Sha256;
import io.vit4j.data.Dataset;
import io.vit4j.model.ModelDefinition;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.Placement;
import io.vit4j.parallel.RankMesh;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.TrainerFiles;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** How a run is laid out over ranks, and this rank's ways to the others: none if it is alone. */
final class RunLayout implements AutoCloseable {
    /** Arguments in which ranks may differ, as they say how one machine does its part. */
    private static final List<String> OF_EACH_RANK = List.of(
            "threads",
            "dataloader_num_workers",
            "dataloader_prefetch_factor",
            "disable_tqdm",
            "log_level",
            "rendezvous_timeout",
            "rendezvous_secret",
            "interface");

    private final Optional<ParallelConfig> asked;
    private final ParallelConfig layout;
    private final boolean inference;
    private final Optional<RankMesh> mesh;

    private RunLayout(
            Optional<ParallelConfig> asked, ParallelConfig layout, boolean inference, Optional<RankMesh> mesh) {
        this.asked = asked;
        this.layout = layout;
        this.inference = inference;
        this.mesh = mesh;
    }

    /** Meets the other ranks, if there are any, and makes sure that all run the same. */
    static RunLayout join(TrainerBuilder builder) {
        TrainingArguments arguments = builder.arguments;
        Optional<ParallelConfig> asked = builder.parallel.or(() -> ParallelArguments.config(arguments));
        boolean inference = builder.trainDataset.isEmpty();
        ParallelConfig layout = ParallelArguments.layout(asked, builder.rank, arguments, inference);
        ModelDefinition model = builder.model.definition();
        Placement placement = ParallelArguments.placement(layout, inference, model);
        if (builder.rank.isEmpty() || builder.rank.get().worldSize() == 1) {
            return new RunLayout(asked, layout, inference, Optional.empty());
        }
        Map<String, String> alike = new TreeMap<>();
        alike.put("arguments", Sha256.hex(alike(arguments)));
        alike.put("the parallel configuration", Sha256.hex(layout.toJson().line()));
        alike.put(
                "the model",
                Sha256.hex(model.toString()
                        + model.weights().stream()
                                .map(spec -> spec.name() + Arrays.toString(spec.shape()))
                                .toList()));
        alike.put(
                "the training data", builder.trainDataset.map(RunLayout::digest).orElse("none"));
        alike.put(
                "the evaluation data",
                builder.evalDataset.map(RunLayout::digest).orElse("none"));
        int stages = placement.stages();
        RankMesh mesh = RankMesh.join(
                builder.rank.get(),
                ParallelArguments.rendezvous(arguments),
                builder.rank.get().worldSize() / stages,
                stages,
                alike,
                builder.model.parameters().device());
        return new RunLayout(asked, layout, inference, Optional.of(mesh));
    }

    private static String alike(TrainingArguments arguments) {
        JsonObject json = arguments.toJson();
        for (String name : OF_EACH_RANK) {
            json = json.without(name);
        }
        return json.line();
    }

    /** Of a data set; if it has none of its own, of its size and a few samples. */
    private static String digest(Dataset data) {
        return data.digest().orElseGet(() -> {
            StringBuilder looks = new StringBuilder().append(data.size());
            for (int i = 0; i < Math.min(3, data.size()); i++) {
                int sample = (int) ((long) i * (data.size() - 1) / 2);
                looks.append(data.get(sample).file()).append(Arrays.toString(data.labels(sample)));
            }
            return Sha256.hex(looks.toString());
        });
    }

    /** The configuration that was asked for. */
    Optional<ParallelConfig> asked() {
        return asked;
    }

    /** What checkpoints keep: where there is anything to say. */
    Optional<ParallelConfig> written() {
        return asked.isPresent() || mesh.isPresent() ? Optional.of(layout) : Optional.empty();
    }

    /** What the user should know of the configuration, a line each: that some of its fields have no effect, say. */
    List<String> notes() {
        return written().map(ParallelConfig::notes).orElse(List.of());
    }

    /** What this rank does with the output folder. */
    TrainerFiles.Rank rankOfFiles() {
        return new TrainerFiles.Rank(isFirst(), replicas(), written());
    }

    /**
     * The checkpoint to go on from, if any; rank 0 chooses it and looks at every byte.
     *
     * @param fetch brings it to a rank that does not have it
     */
    Optional<Checkpoint> resumeFrom(TrainingArguments arguments, Consumer<Path> fetch) {
        if (!arguments.resume()) {
            return Optional.empty();
        }
        if (isFirst()) {
            Optional<Checkpoint> chosen = TrainerFiles.resumeFrom(arguments);
            fromFirst(() -> chosen.map(Checkpoint::toText).orElse(""));
            return chosen;
        }
        String chosen = fromFirst(() -> "");
        return chosen.isEmpty() ? Optional.empty() : Optional.of(Checkpoint.ofText(chosen, fetch));
    }

    /** What is run: the configuration that was asked for, or else a replica a rank. */
    ParallelConfig layout() {
        return layout;
    }

    /** The connections to the other ranks; empty if this one is alone. */
    Optional<RankMesh> mesh() {
        return mesh;
    }

    /** Which stage holds which blocks. */
    Placement placement(ModelDefinition model) {
        return ParallelArguments.placement(layout, inference, model);
    }

    /** Whether this rank logs, writes files and tells callbacks. */
    boolean isFirst() {
        return mesh.map(RankMesh::isFirst).orElse(true);
    }

    /** Copies of the pipeline. */
    int replicas() {
        return mesh.map(RankMesh::replicaCount).orElse(1);
    }

    /** Whether this rank is given pictures to train on. */
    boolean takesPictures() {
        return mesh.map(RankMesh::isFirstStage).orElse(true);
    }

    /** Ranks on this machine, among which its cores are shared out. */
    int localRanks() {
        return mesh.map(RankMesh::localRanks).orElse(1);
    }

    /** What rank 0 says. */
    String fromFirst(Supplier<String> said) {
        String text = isFirst() ? said.get() : "";
        return mesh.map(ranks -> ranks.world().fromFirst(text)).orElse(text);
    }

    /** Whether every rank says yes. */
    boolean all(boolean here) {
        return mesh.map(ranks -> ranks.world().max(here ? 0 : 1) == 0).orElse(here);
    }

    /** Every rank's numbers, rank by rank. */
    double[][] table(double... own) {
        if (mesh.isEmpty()) {
            return new double[][] {own};
        }
        double[] all = new double[own.length * mesh.get().world().size()];
        System.arraycopy(own, 0, all, own.length * mesh.get().world().rank(), own.length);
        double[] summed = mesh.get().world().sums(all);
        double[][] rows = new double[mesh.get().world().size()][];
        Arrays.setAll(rows, rank -> Arrays.copyOfRange(summed, rank * own.length, (rank + 1) * own.length));
        return rows;
    }

    /** Does the work. If it fails, the other ranks learn why. */
    <T> T guarded(Supplier<T> work) {
        try {
            return work.get();
        } catch (RuntimeException | Error e) {
            mesh.ifPresent(ranks -> ranks.fail(e));
            throw e;
        }
    }

    @Override
    public void close() {
        mesh.ifPresent(RankMesh::close);
    }
}
