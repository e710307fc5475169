package io.vit4j.parallel;

import io.vit4j.parallel.PipelineSchedule.Timing;
import java.util.ArrayList;
import java.util.List;

/**
 * Predicts memory and time of a training step from the cost of its blocks and the speed of the hardware.
 *
 * <ul>
 *   <li>Memory of a stage, bytes: weights 4P, gradients and AdamW's two moments 12 for each weight that is trained, or another
 *       optimizer's state (a replica's share of it where sharded, none where offloaded), the step's copies of weights, and
 *       what is kept for backward of the
 *       micro-batches in flight ({@link PipelineSchedule#inFlight}).
 *   <li>Time of the pipeline: its schedule played with the stages' times. Recomputation adds a block's forward to its
 *       backward.
 *   <li>All-reduce of n replicas: a ring moves 2(n-1)/n of the bytes in 2(n-1) messages. A bucket starts when the last
 *       micro-batch's backward has completed it and the bucket before it has been reduced; what ends after backward is
 *       exposed, and of what does not, the share that the hardware cannot overlap with computing.
 *   <li>The optimizer: 32 bytes of memory traffic a weight (gradient, weight and two moments read, the last three
 *       written, the gradient cleared) and 4 for the norm; moments that are offloaded cross to the host and back.
 * </ul>
 *
 * @param model what blocks cost
 * @param hardware what ranks can do
 * @param times seconds of blocks
 * @param bucketMebibytes size of gradient buckets
 * @param state of the optimizer; the time of its step is AdamW's whatever it is
 */
public record Plan(ModelCost model, Hardware hardware, BlockTimes times, double bucketMebibytes, StateBytes state) {
    /** Gradient buckets as PyTorch's DistributedDataParallel has them. */
    public static final double DEFAULT_BUCKET_MEBIBYTES = 25;

    private static final int ADAMW_BYTES = 7 * 4;
    private static final int CLEAR_BYTES = 4;
    private static final int NORM_BYTES = 4;
    private static final int MOMENT_BYTES = 8;

    /** Bytes of the optimizer's state for a block's weights. */
    @FunctionalInterface
    public interface StateBytes {
        /** Of a block by its number, from 0. */
        long of(int block);
    }

    /** A plan of training by AdamW. */
    public Plan(ModelCost model, Hardware hardware, BlockTimes times, double bucketMebibytes) {
        this(model, hardware, times, bucketMebibytes, block -> MOMENT_BYTES * model.trained(block));
    }

    /** The same with another optimizer. */
    public Plan with(StateBytes other) {
        return new Plan(model, hardware, times, bucketMebibytes, other);
    }

    /** The same on machines with other storage. */
    public Plan with(Storage storage) {
        return new Plan(model, hardware.with(storage), times, bucketMebibytes, state);
    }

    /** Seconds of one block over one micro-batch: computed from costs, or measured. */
    public interface BlockTimes {
        /**
         * Forward.
         * @param block its number, from 0
         * @param microBatch samples
         * @return seconds
         */
        double forward(int block, int microBatch);

        /**
         * Backward.
         * @param block its number, from 0
         * @param microBatch samples
         * @return seconds
         */
        double backward(int block, int microBatch);
    }

    /** A plan with times from the model's costs. */
    public static Plan of(ModelCost model, Hardware hardware) {
        BlockTimes times = new BlockTimes() {
            @Override
            public double forward(int block, int microBatch) {
                return model.forwardSeconds(block, microBatch, hardware);
            }

            @Override
            public double backward(int block, int microBatch) {
                return model.backwardSeconds(block, microBatch, hardware);
            }
        };
        return new Plan(model, hardware, times, DEFAULT_BUCKET_MEBIBYTES);
    }

    /**
     * Memory of a rank, in bytes.
     *
     * @param parameters weights, float32
     * @param gradients their gradients, float32
     * @param optimizerState what the optimizer keeps on this rank's device
     * @param stepWeights copies of weights that the products of a step read
     * @param activations what is kept for backward, at most
     */
    public record Memory(long parameters, long gradients, long optimizerState, long stepWeights, long activations) {
        /** {@return all of it} */
        public long total() {
            return parameters + gradients + optimizerState + stepWeights + activations;
        }
    }

    /**
     * The prediction for a layout.
     *
     * @param memory of each stage's rank
     * @param stepSeconds one whole update
     * @param pipelineSeconds forward and backward of all micro-batches
     * @param bubble share of the pipeline's time in which stages wait
     * @param communicationSeconds all-reduce (and all-gather of sharded weights) of the stage that takes longest
     * @param exposedSeconds the part of it that is not hidden behind computation
     */
    public record Prediction(
            Layout layout,
            List<Memory> memory,
            double stepSeconds,
            double pipelineSeconds,
            double bubble,
            double communicationSeconds,
            double exposedSeconds) {
        /** Bytes of the rank that needs most. */
        public long peakBytes() {
            return memory.stream().mapToLong(Memory::total).max().orElse(0);
        }

        /** {@return images of the global batch over the seconds of a step} */
        public double imagesPerSecond() {
            return layout.globalBatch() / stepSeconds;
        }

        /** The share of communication that is hidden behind computation; 1 if there is no communication. */
        public double overlap() {
            return communicationSeconds == 0 ? 1 : Math.max(0, 1 - exposedSeconds / communicationSeconds);
        }
    }

    /** Memory of the rank that runs one stage. */
    public Memory memory(Layout layout, int stage) {
        BlockRange blocks = layout.placement().blocks(stage);
        long parameters = parameters(blocks);
        int inFlight = PipelineSchedule.training(layout.stages(), layout.accumulationSteps())
                .inFlight(stage);
        long activations = model.keptBytes(
                blocks, layout.recomputation(), (long) inFlight * layout.microBatch(), layout.microBatch());
        long moments = layout.optimizerStateOffload() ? 0 : Math.round(stateBytes(layout, blocks));
        return new Memory(
                ModelCost.FLOAT_BYTES * parameters,
                ModelCost.FLOAT_BYTES * trained(blocks),
                moments,
                model.stepWeightBytes(blocks),
                activations);
    }

    private long parameters(BlockRange blocks) {
        long parameters = 0;
        for (int block = blocks.first(); block < blocks.end(); block++) {
            parameters += model.parameters(block);
        }
        return parameters;
    }

    private long trained(BlockRange blocks) {
        long trained = 0;
        for (int block = blocks.first(); block < blocks.end(); block++) {
            trained += model.trained(block);
        }
        return trained;
    }

    /** Of the weights that one replica steps. */
    private double stateBytes(Layout layout, BlockRange blocks) {
        double all = 0;
        for (int block = blocks.first(); block < blocks.end(); block++) {
            all += state.of(block);
        }
        long trained = trained(blocks);
        return trained == 0 ? 0 : all / trained * stepped(layout, trained);
    }

    /** Weights that one replica steps: all, or the largest share. */
    private static long stepped(Layout layout, long parameters) {
        return layout.optimizerStateSharding()
                ? new ShardPlan(parameters, layout.replicas())
                        .shard(layout.replicas() - 1)
                        .elements()
                : parameters;
    }

    /** Plays one step. */
    public Prediction predict(Layout layout) {
        int stages = layout.stages();
        double[] forward = new double[stages];
        double[] backward = new double[stages];
        List<Memory> memory = new ArrayList<>();
        for (int stage = 0; stage < stages; stage++) {
            BlockRange blocks = layout.placement().blocks(stage);
            for (int block = blocks.first(); block < blocks.end(); block++) {
                double once = times.forward(block, layout.microBatch());
                forward[stage] += once;
                backward[stage] += times.backward(block, layout.microBatch()) + (layout.recomputation() ? once : 0);
            }
            memory.add(memory(layout, stage));
        }
        double[] transfers = new double[stages - 1];
        for (int cut = 0; cut < transfers.length; cut++) {
            transfers[cut] = transferSeconds(layout, cut);
            double disturbed = (1 - hardware.overlap()) * transfers[cut];
            for (int stage = cut; stage <= cut + 1; stage++) {
                forward[stage] += disturbed;
                backward[stage] += disturbed;
            }
        }
        Timing pipeline =
                PipelineSchedule.training(stages, layout.accumulationSteps()).simulate(forward, backward, transfers);
        double end = 0;
        double communication = 0;
        double exposed = 0;
        for (int stage = 0; stage < stages; stage++) {
            ReductionTime reduction = allReduce(layout, stage);
            double gather = gatherSeconds(layout, stage);
            double after = reduction.exposed + optimizerSeconds(layout, stage) + gather;
            end = Math.max(end, pipeline.finish()[stage] + after);
            if (reduction.total + gather > communication) {
                communication = reduction.total + gather;
                exposed = reduction.exposed + gather;
            }
        }
        return new Prediction(layout, memory, end, pipeline.makespan(), pipeline.bubble(), communication, exposed);
    }

    /** Seconds for one micro-batch's hidden states from a stage to the next: of the shape that the next one's first block takes. */
    public double transferSeconds(Layout layout, int stage) {
        double bytes = (double) layout.microBatch()
                * model.inputBytes(layout.placement().blocks(stage + 1).first());
        return hardware.between(layout.stages(), 1).seconds(bytes);
    }

    private record ReductionTime(double total, double exposed) {}

    /** The stage's buckets, ready one after another in the last micro-batch's backward, reduced one at a time. */
    private ReductionTime allReduce(Layout layout, int stage) {
        if (layout.replicas() == 1) {
            return new ReductionTime(0, 0);
        }
        Hardware.Link link = hardware.between(layout.replicas(), layout.stages());
        BlockRange blocks = layout.placement().blocks(stage);
        List<BucketPlan.BucketPart> parts = new ArrayList<>();
        double[] complete = new double[blocks.size()];
        long offset = trained(blocks);
        double clock = 0;
        for (int block = blocks.end() - 1; block >= blocks.first(); block--) {
            clock += times.backward(block, layout.microBatch())
                    + (layout.recomputation() ? times.forward(block, layout.microBatch()) : 0);
            complete[parts.size()] = clock;
            offset -= model.trained(block);
            parts.add(new BucketPlan.BucketPart("block " + block, offset, model.trained(block)));
        }
        double free = 0;
        double total = 0;
        for (BucketPlan.Bucket bucket : BucketPlan.of(parts, bucketMebibytes).buckets()) {
            double seconds =
                    ringAllReduceSeconds(layout.replicas(), (double) ModelCost.FLOAT_BYTES * bucket.elements(), link);
            free = Math.max(free, complete[bucket.endPart() - 1]) + seconds;
            total += seconds;
        }
        double exposed = Math.max(0, free - clock);
        return new ReductionTime(total, exposed + (1 - hardware.overlap()) * (total - exposed));
    }

    /** A ring: 2(n-1) messages of an n-th of the bytes each. */
    static double ringAllReduceSeconds(int ranks, double bytes, Hardware.Link link) {
        return 2.0 * (ranks - 1) * link.seconds(bytes / ranks);
    }

    /** Sharded weights come back by a ring all-gather: n-1 messages of an n-th of the bytes each. */
    private double gatherSeconds(Layout layout, int stage) {
        if (!layout.optimizerStateSharding() || layout.replicas() == 1) {
            return 0;
        }
        double bytes =
                (double) ModelCost.FLOAT_BYTES * trained(layout.placement().blocks(stage));
        Hardware.Link link = hardware.between(layout.replicas(), layout.stages());
        return (layout.replicas() - 1) * link.seconds(bytes / layout.replicas());
    }

    /** The norm over all gradients, AdamW over the weights stepped here, gradients cleared, copies of weights rebuilt. */
    public double optimizerSeconds(Layout layout, int stage) {
        BlockRange blocks = layout.placement().blocks(stage);
        double parameters = trained(blocks);
        double stepped = stepped(layout, (long) parameters);
        double copies = 0;
        for (int block = blocks.first(); block < blocks.end(); block++) {
            copies += model.stepWeightBytes(block)
                    * (1.0 + (double) ModelCost.FLOAT_BYTES / model.dtype().bytes());
        }
        double bytes = (NORM_BYTES + CLEAR_BYTES) * parameters + ADAMW_BYTES * stepped + copies;
        double host = layout.optimizerStateOffload() ? 2 * stateBytes(layout, blocks) / hardware.hostBandwidth() : 0;
        return bytes / hardware.memoryBandwidth() + host;
    }
}
