package io.vit4j.train.engine;

import io.vit4j.model.Parameters;
import io.vit4j.model.WeightLayout;
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
import io.vit4j.train.optimizer.StateShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
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
        ShardPlan plan = new ShardPlan(weights.trainedSize(), count);
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
            long to = weights.trained().stream()
                    .mapToLong(Parameters.Entry::offset)
                    .filter(offset -> offset >= share.to())
                    .min()
                    .orElse(weights.trainedSize());
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
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            gather(weights.values().narrow(0, 0, weights.trainedSize()), shares);
        }
    }

    /** Whether an average of the weights is kept. */
    boolean averages() {
        return optimizer.averages();
    }

    /** Puts the average in the weights' place, and the weights in its place; every replica at once. */
    void swapAveraged() {
        optimizer.swapAveraged();
        exchange();
    }

    /** Makes a flat buffer whole of which each replica has its share. */
    private void gather(Tensor flat, List<Parameters.Stretch> parts) {
        if (parts.size() == 1) {
            return;
        }
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            ShardPlan plan = new ShardPlan(weights.trainedSize(), shares.size());
            long each = plan.equalElements();
            List<Pending> pending = new ArrayList<>();
            if (parts == shares
                    && sharesEqually()
                    && !flat.is_cpu()) { // Gloo's all-gather makes a second copy of everything
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
                for (int share = 0; share < parts.size(); share++) {
                    Parameters.Stretch stretch = parts.get(share);
                    if (stretch.length() > 0) {
                        pending.add(replicas.broadcast(flat.narrow(0, stretch.from(), stretch.length()), share));
                    }
                }
            }
            pending.forEach(Pending::await);
        }
    }

    /** {@return the kinds of state} */
    Set<String> kinds() {
        return optimizer.state().keySet();
    }

    /** Which numbers a kind of state has. */
    public StateShape shape(String kind) {
        return optimizer.shape(kind);
    }

    /** All of one kind of state, one flat buffer; to be closed, by every replica at once. */
    Tensor wholeState(String kind) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            StateShape shape = optimizer.shape(kind);
            List<Parameters.Stretch> parts = shares(shape);
            Tensor flat = Tensors.empty(
                    Dtype.FLOAT32, weights.device(), shape.layout(weights).size());
            mine(flat, parts).copy_(optimizer.state().get(kind));
            gather(flat, parts);
            return scope.keep(flat);
        }
    }

    /** What each replica has of a kind of state. */
    private List<Parameters.Stretch> shares(StateShape shape) {
        if (shape == StateShape.OF_WEIGHTS || shares.size() == 1) {
            return shape == StateShape.OF_WEIGHTS
                    ? shares
                    : List.of(new Parameters.Stretch(0, shape.layout(weights).size()));
        }
        WeightLayout layout = shape.layout(weights);
        List<Parameters.Stretch> parts = new ArrayList<>();
        for (Parameters.Stretch share : shares) {
            long from = parts.isEmpty() ? 0 : parts.get(parts.size() - 1).to();
            long to = weights.trained().stream()
                    .filter(weight -> weight.offset() >= share.to())
                    .flatMap(weight -> layout.entry(weight.name()).stream())
                    .mapToLong(Parameters.Entry::offset)
                    .min()
                    .orElse(layout.size());
            parts.add(new Parameters.Stretch(from, Math.max(from, to)));
        }
        return parts;
    }

    private Tensor mine(Tensor flat, List<Parameters.Stretch> parts) {
        Parameters.Stretch part = parts.size() == 1 ? parts.get(0) : parts.get(replicas.rank());
        return flat.narrow(0, part.from(), part.length());
    }

    /** Room for all of some kinds of state, to be filled and given back to {@link #take}. */
    public SortedMap<String, Tensor> room(Predicate<String> which) {
        SortedMap<String, Tensor> room = new TreeMap<>();
        try (Scope scope = new Scope()) {
            for (String kind : kinds().stream().filter(which).toList()) {
                StateShape shape = optimizer.shape(kind);
                room.put(
                        kind,
                        scope.own(
                                shape == StateShape.OF_WEIGHTS
                                        ? weights.zerosForTrained()
                                        : Tensors.zeros(
                                                Dtype.FLOAT32,
                                                weights.device(),
                                                shape.layout(weights).size())));
            }
        }
        return room;
    }

    /** Takes its share of a state. */
    public void take(SortedMap<String, Tensor> whole) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            whole.forEach((kind, flat) -> optimizer.state().get(kind).copy_(mine(flat, shares(optimizer.shape(kind)))));
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
