package io.vit4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Cuts an epoch's order into batches. */
public final class BatchPlan {
    private BatchPlan() {}

    /**
     * Batches of {@code batchSize} samples in that order. The samples left over make a short last batch, or are dropped.
     *
     * @param batchSize at least 1
     */
    public static List<int[]> of(int[] order, int batchSize, boolean dropLast) {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batch size " + batchSize);
        }
        List<int[]> batches = new ArrayList<>(order.length / batchSize + 1);
        for (int start = 0; start < order.length; start += Math.min(batchSize, order.length - start)) {
            int end = start + Math.min(batchSize, order.length - start);
            if (end - start == batchSize || !dropLast) {
                batches.add(Arrays.copyOfRange(order, start, end));
            }
        }
        return batches;
    }
}
