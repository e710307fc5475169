package io.vit4j.parallel;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.bytedeco.pytorch.Tensor;

/**
 * Sums gradients over replicas while backward continues: each bucket's all-reduce begins as soon as the last micro-batch has
 * left the last of its blocks in every lane. Buckets begin in the plan's order, the same on every replica.
 */
public final class GradientReducer {
    private final ProcessGroup replicas;
    private final Tensor gradients;
    private final BucketPlan plan;
    private final int lanes;
    private final Settling settling;
    private final boolean scatter;
    private final AtomicIntegerArray lanesLeft;
    private final List<Pending> started = new ArrayList<>();
    private final List<Tensor> stretches = new ArrayList<>();
    private int next;

    /** Makes the gradients of a stretch of the flat buffer ready to be sent. */
    @FunctionalInterface
    public interface Settling {
        /**
         * Makes a stretch ready.
         *
         * @param offset its first number
         * @param elements how many
         */
        void over(long offset, long elements);
    }

    /**
     * @param replicas between which gradients are summed
     * @param gradients the flat buffer
     * @param plan of its buckets
     * @param lanes that each complete every part
     * @param scatter whether each replica needs the sums of its equal share alone ({@link ShardPlan}), which are then made
     *     after backward
     */
    public GradientReducer(
            ProcessGroup replicas, Tensor gradients, BucketPlan plan, int lanes, Settling settling, boolean scatter) {
        this.replicas = replicas;
        this.gradients = gradients;
        this.plan = plan;
        this.lanes = lanes;
        this.settling = settling;
        this.scatter = scatter;
        lanesLeft = new AtomicIntegerArray(plan.buckets().size());
    }

    /** How many buckets there are. */
    public int buckets() {
        return plan.buckets().size();
    }

    /** Before the step's first backward. */
    public void begin() {
        next = 0;
        for (int bucket = 0; bucket < lanesLeft.length(); bucket++) {
            lanesLeft.set(bucket, lanes);
        }
    }

    /**
     * A lane has completed a part, in the plan's order of parts, for this step; called by every lane.
     *
     * @param part counted in the order of completion
     */
    public void complete(int part) {
        for (int bucket = 0; bucket < plan.buckets().size(); bucket++) {
            if (plan.buckets().get(bucket).endPart() - 1 == part && lanesLeft.decrementAndGet(bucket) == 0) {
                startReady();
            }
        }
    }

    private synchronized void startReady() {
        while (next < lanesLeft.length() && lanesLeft.get(next) == 0) {
            BucketPlan.Bucket bucket = plan.buckets().get(next++);
            try (Scope scope = new Scope();
                    Autograd off = Autograd.off()) {
                settling.over(bucket.offset(), bucket.elements());
                if (!scatter) {
                    allReduce(bucket.offset(), bucket.elements());
                }
            }
        }
    }

    private void allReduce(long offset, long elements) {
        try (Scope scope = new Scope()) {
            Tensor stretch = scope.own(gradients.narrow(0, offset, elements));
            stretches.add(stretch);
            started.add(replicas.allReduce(stretch, ProcessGroup.Reduction.SUM));
        }
    }

    private void reduceScatter() {
        ShardPlan plan = new ShardPlan(gradients.numel(), replicas.size());
        long each = plan.equalElements();
        try (Scope scope = new Scope()) {
            Tensor all = scope.own(gradients.narrow(0, 0, each * replicas.size()));
            Tensor share = scope.own(gradients.narrow(0, each * replicas.rank(), each));
            stretches.addAll(List.of(all, share));
            started.add(replicas.reduceScatter(share, all));
        }
        if (plan.remainder().elements() > 0) {
            allReduce(plan.remainder().offset(), plan.remainder().elements());
        }
    }

    /**
     * Waits until all buckets contain the sums over lanes and replicas. Call it when every lane has completed every part.
     */
    public synchronized void await() {
        if (next < lanesLeft.length()) {
            throw new IllegalStateException("bucket " + next + " was not completed");
        }
        if (scatter) {
            reduceScatter();
        }
        started.forEach(Pending::await);
        started.clear();
        stretches.forEach(Tensor::close);
        stretches.clear();
    }
}
