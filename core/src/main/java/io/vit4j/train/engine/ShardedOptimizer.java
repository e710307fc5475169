package io.vit4j.train.engine;

import io.vit4j.model.Parameters;
import io.vit4j.parallel.Pending;
import io.vit4j.parallel.ProcessGroup;
import io.vit4j.parallel.ShardPlan;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.train.optimizer.Optimizer;
import io.vit4j.train.optimizer.OptimizerFactory;
import io.vit4j.train.optimizer.ParameterGroups;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/**
 * An optimizer of which each replica keeps and steps a share (Rajbhandari et al., "ZeRO", SC 2020, stage 1): a stretch of the
 * flat buffers, after which the replicas give each other the weights they have stepped. One replica keeps everything.
 */
public final class ShardedOptimizer implements AutoCloseable {
    private final Parameters weights;
    private final ProcessGroup replicas;
    private final List<Parameters.Stretch> shares;
    private final Parameters.Stretch own;
    private final Parameters ownWeights;
    private final Optimizer optimizer;

    /** @param sharded whether replicas share the state out; otherwise each keeps all of it */
    ShardedOptimizer(Parameters weights, ProcessGroup replicas, boolean sharded, OptimizerFactory factory) {
        this.weights = weights;
        this.replicas = replicas;
        int count = sharded ? replicas.size() : 1;
        List<Parameters.Stretch> equal = equalShares(count);
        int share = sharded ? replicas.rank() : 0;
        if (count == 1) {
            shares = equal;
            own = equal.get(0);
            ownWeights = weights;
            optimizer = factory.create(weights);
            return;
        }
        Parameters candidate =
                weights.within(equal.get(share).from(), equal.get(share).to());
        Optimizer made = factory.create(candidate);
        if (made.needsWholeWeights()) {
            made.close();
            candidate.close();
            shares = wholeWeights(equal);
            own = shares.get(share);
            ownWeights = weights.within(own.from(), own.to());
            optimizer = factory.create(ownWeights);
        } else {
            shares = equal;
            own = equal.get(share);
            ownWeights = candidate;
            optimizer = made;
        }
    }

    private List<Parameters.Stretch> equalShares(int count) {
        ShardPlan plan = new ShardPlan(weights.size(), count);
        List<Parameters.Stretch> equal = new ArrayList<>();
        for (int share = 0; share < count; share++) {
            ShardPlan.Shard shard = plan.shard(share);
            equal.add(new Parameters.Stretch(shard.offset(), shard.offset() + shard.elements()));
        }
        return equal;
    }

    /** The same shares, moved to where weights begin. */
    private List<Parameters.Stretch> wholeWeights(List<Parameters.Stretch> equal) {
        List<Parameters.Stretch> whole = new ArrayList<>();
        for (Parameters.Stretch share : equal) {
            long from = whole.isEmpty() ? 0 : whole.get(whole.size() - 1).to();
            long to = weights.entries().stream()
                    .mapToLong(Parameters.Entry::offset)
                    .filter(offset -> offset >= share.to())
                    .min()
                    .orElse(weights.size());
            whole.add(new Parameters.Stretch(from, Math.max(from, to)));
        }
        return whole;
    }

    /** What this replica steps. */
    Parameters.Stretch share() {
        return own;
    }

    /** Whether several replicas each step an equal share, the remainder aside. */
    boolean sharesEqually() {
        return shares.size() > 1 && shares.equals(equalShares(shares.size()));
    }

    /** Bytes of the state that is kept here. */
    long stateBytes() {
        return optimizer.state().values().stream().mapToLong(Tensor::nbytes).sum();
    }

    /**
     * What of these weights lies in this replica's share, for {@link #step}.
     *
     * @param groups how each is stepped
     */
    List<Optimizer.ParameterRange> parts(List<Parameters.Entry> some, ParameterGroups groups) {
        List<Optimizer.ParameterRange> parts = new ArrayList<>();
        for (Parameters.Entry weight : some) {
            Parameters.Stretch part = TrainingLanes.cut(weight, own);
            if (part.length() > 0) {
                parts.add(groups.range(weight, part.from() - own.from(), part.to() - own.from()));
            }
        }
        return List.copyOf(parts);
    }

    void step(Optimizer.Step step, List<Optimizer.ParameterRange> parts) {
        optimizer.step(step, parts);
    }

    /** Gives the others the weights that were stepped here, and takes theirs. */
    void exchange() {
        gather(weights.values());
    }

    /** Makes a flat buffer whole of which each replica has its share. */
    private void gather(Tensor flat) {
        if (shares.size() == 1) {
            return;
        }
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            ShardPlan plan = new ShardPlan(weights.size(), shares.size());
            long each = plan.equalElements();
            List<Pending> pending = new ArrayList<>();
            if (sharesEqually() && !flat.is_cpu()) { // Gloo's all-gather makes a second copy of everything
                pending.add(
                        replicas.allGather(flat.narrow(0, 0, each * shares.size()), flat.narrow(0, own.from(), each)));
                if (plan.remainder().elements() > 0) {
                    pending.add(replicas.broadcast(
                            flat.narrow(
                                    0,
                                    plan.remainder().offset(),
                                    plan.remainder().elements()),
                            shares.size() - 1));
                }
            } else {
                for (int share = 0; share < shares.size(); share++) {
                    Parameters.Stretch stretch = shares.get(share);
                    if (stretch.length() > 0) {
                        pending.add(replicas.broadcast(flat.narrow(0, stretch.from(), stretch.length()), share));
                    }
                }
            }
            pending.forEach(Pending::await);
        }
    }

    /** All of the state, its flat buffers laid out as the weights; to be closed, by every replica at once. */
    SortedMap<String, Tensor> wholeState() {
        SortedMap<String, Tensor> whole = new TreeMap<>();
        optimizer.state().forEach((kind, part) -> {
            try (Scope scope = new Scope();
                    Autograd off = Autograd.off()) {
                Tensor flat = scope.own(Tensors.empty(Dtype.FLOAT32, weights.device(), weights.size()));
                flat.narrow(0, own.from(), own.length()).copy_(part);
                gather(flat);
                whole.put(kind, flat);
            }
        });
        return whole;
    }

    /** Room for {@link #wholeState}, to be filled and given back to {@link #take}. */
    public SortedMap<String, Tensor> room() {
        SortedMap<String, Tensor> room = new TreeMap<>();
        try (Scope scope = new Scope()) {
            for (String kind : optimizer.state().keySet()) {
                room.put(kind, scope.own(weights.zerosForTrained()));
            }
        }
        return room;
    }

    /** Takes its share of a state. */
    public void take(SortedMap<String, Tensor> whole) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            optimizer.state().forEach((kind, part) -> part.copy_(whole.get(kind).narrow(0, own.from(), own.length())));
        }
    }

    @Override
    public void close() {
        optimizer.close();
        if (ownWeights != weights) {
            ownWeights.close();
        }
    }
}
