package io.vit4j.walk;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntConsumer;

/**
 * The order in which lanes add a step's gradients into one buffer: block by block, the chunks of the batch one after the
 * other, so that a sum is the same to the bit whoever is faster. A lane only waits where it is ahead of the chunk before its
 * own; lanes settle one addition apart and then hardly wait at all.
 */
public final class OrderedReduction {
    private final AtomicIntegerArray next;
    private volatile Throwable failure;

    /** @param blocks of the walk */
    public OrderedReduction(int blocks) {
        next = new AtomicIntegerArray(blocks);
    }

    /** Starts over with chunk 0; no lane may be walking. */
    public void restart() {
        failure = null;
        for (int block = 0; block < next.length(); block++) {
            next.set(block, 0);
        }
    }

    /** Runs work whose additions are ordered, in every lane, and waits for all; where a lane fails, the others stop, and its failure is thrown. */
    public void run(Lanes lanes, IntConsumer work) {
        try {
            lanes.run(lane -> {
                try {
                    work.accept(lane);
                } catch (OtherLaneFailed e) {
                    throw e;
                } catch (RuntimeException | Error e) {
                    failure = e;
                    throw e;
                }
            });
        } catch (OtherLaneFailed e) {
            throw e.first;
        }
    }

    /** Thrown in a lane that waits for one that has failed. */
    private static final class OtherLaneFailed extends RuntimeException {
        private final RuntimeException first;

        OtherLaneFailed(Throwable first) {
            super(first);
            this.first = first instanceof RuntimeException e ? e : this;
        }
    }

    /** The order of one chunk's additions; chunks are numbered from 0, and every one must be walked. */
    public GradientOrder of(int chunk) {
        return (block, add) -> {
            await(block, chunk);
            add.run();
            next.set(block, chunk + 1);
        };
    }

    private void await(int block, int chunk) {
        LaneBarrier.WAIT.until(() -> next.get(block) == chunk, this::checkFailure);
    }

    private void checkFailure() {
        if (failure != null) {
            throw new OtherLaneFailed(failure);
        }
    }
}
