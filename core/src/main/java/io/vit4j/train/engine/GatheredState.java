package io.vit4j.train.engine;

import io.vit4j.hub.StoredTensor;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.StoredWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.model.WeightLayout;
import io.vit4j.parallel.BlockRange;
import io.vit4j.parallel.Placement;
import io.vit4j.parallel.RankMesh;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.train.checkpoint.StateSnapshot;
import io.vit4j.train.checkpoint.StateSource;
import io.vit4j.train.optimizer.ModelEma;
import io.vit4j.train.optimizer.StateShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;

/**
 * The state of a run whose weights are on several ranks. Every rank calls the same methods at once; the first one gets the
 * whole model's tensors, from the stages of its own replica, the others get none.
 */
public final class GatheredState implements StateSource {
    private static final String WEIGHTS = "";

    private final RankMesh mesh;
    private final ModelDefinition config;
    private final Placement placement;
    private final Parameters weights;
    private final ShardedOptimizer optimizer;
    private final boolean withOptimizer;
    private final Predicate<String> trained;
    private final boolean adapts; // so that checkpoints hold what is trained alone
    private final Map<String, Tensor> received = new TreeMap<>();

    /**
     * @param model with the weights of this rank's stage
     * @param withOptimizer whether checkpoints hold the optimizer's state
     * @param trained names of the weights, of all stages, that have one
     */
    public GatheredState(
            RankMesh mesh,
            VisionModel model,
            Placement placement,
            ShardedOptimizer optimizer,
            boolean withOptimizer,
            Predicate<String> trained) {
        this.mesh = mesh;
        this.config = model.definition();
        this.placement = placement;
        this.weights = model.parameters();
        this.optimizer = optimizer;
        this.withOptimizer = withOptimizer;
        this.trained = trained;
        adapts = config.adapter().isPresent();
    }

    @Override
    public StateSnapshot copy() {
        List<StoredTensor> all = weights();
        List<StoredTensor> states = new ArrayList<>();
        if (withOptimizer) {
            gather(optimizer.kinds(), states);
        } else {
            gather(averaged(), states);
        }
        return new StateSnapshot(all, states);
    }

    private Set<String> averaged() {
        return optimizer.averages() ? Set.of(ModelEma.KIND) : Set.of();
    }

    private void gather(Set<String> kinds, List<StoredTensor> into) {
        for (String kind : new TreeSet<>(kinds)) {
            try (Tensor whole = optimizer.wholeState(kind)) {
                gather(kind, whole, into);
            }
        }
    }

    /** The same: what other ranks hold must be fetched. */
    @Override
    public StateSnapshot look() {
        return copy();
    }

    @Override
    public StateSnapshot model() {
        List<StoredTensor> all = weights();
        List<StoredTensor> states = new ArrayList<>();
        gather(averaged(), states);
        return new StateSnapshot(all, states);
    }

    private List<StoredTensor> weights() {
        List<StoredTensor> all = new ArrayList<>();
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            gather(WEIGHTS, adapts ? weights.values().narrow(0, 0, weights.trainedSize()) : weights.values(), all);
        }
        return all;
    }

    /** Takes every stage's flat buffer of that kind to the first rank and lists its tensors there. */
    private void gather(String kind, Tensor flat, List<StoredTensor> into) {
        if (mesh.replica() > 0) {
            return;
        }
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            if (!mesh.isFirst()) {
                if (flat.numel() > 0) {
                    mesh.forward().send(flat, 0, 0).await();
                }
                return;
            }
            for (int stage = 0; stage < mesh.stages(); stage++) {
                BlockRange blocks = placement.blocks(stage);
                WeightLayout layout = layout(kind, config.weights(blocks.first(), blocks.end()));
                long size = layout.size();
                if (size > 0) {
                    Tensor here = fetched(kind, stage, size, flat);
                    list(kind, layout, here, into);
                }
            }
        }
    }

    /** Where the numbers of one kind lie in a stage's buffer. */
    private WeightLayout layout(String kind, List<ParameterSpec> weights) {
        boolean whole = kind.equals(WEIGHTS) && !adapts;
        StateShape shape = kind.equals(WEIGHTS) ? StateShape.OF_WEIGHTS : optimizer.shape(kind);
        return whole
                ? WeightLayout.of(weights).trainedFirst(trained)
                : WeightLayout.of(weights.stream()
                        .filter(spec -> trained.test(spec.name()))
                        .flatMap(spec -> shape.of(spec).map(spec::withShape).stream())
                        .toList());
    }

    /** One stage's buffer in main memory of its own, which is kept from one time to the next. */
    private Tensor fetched(String kind, int stage, long size, Tensor own) {
        try (Scope scope = new Scope()) {
            Tensor room = received.computeIfAbsent(
                    kind + "/" + stage, name -> scope.own(Tensors.empty(Dtype.FLOAT32, Device.CPU, size)));
            if (stage == 0) {
                room.copy_(own);
            } else if (weights.device().isCpu()) {
                mesh.forward().receive(room, stage, 0).await();
            } else {
                Tensor onDevice = Tensors.empty(Dtype.FLOAT32, weights.device(), size);
                mesh.forward().receive(onDevice, stage, 0).await();
                room.copy_(onDevice);
            }
            return room;
        }
    }

    private void list(String kind, WeightLayout layout, Tensor flat, List<StoredTensor> into) {
        for (Parameters.Entry entry : layout.entries()) {
            if (kind.equals(WEIGHTS) && !adapts || trained.test(entry.name())) {
                String name = kind.equals(WEIGHTS) ? entry.name() : kind + "." + entry.name();
                into.add(StoredWeights.stored(
                        name, flat, entry.offset(), entry.spec().shape()));
            }
        }
    }

    @Override
    public void close() {
        received.values().forEach(Tensor::close);
        received.clear();
    }
}
