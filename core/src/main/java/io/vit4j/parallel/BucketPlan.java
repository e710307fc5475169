package io.vit4j.parallel;

import java.util.ArrayList;
import java.util.List;

/**
 * Divides a flat gradient buffer into buckets. Each is all-reduced as soon as backward has completed its last part, while
 * backward continues (Li et al., "PyTorch Distributed", VLDB 2020). Parts are not divided: one that is larger than a bucket
 * becomes a bucket of its own. The last buckets have no computation left to hide behind, so each takes at most half of what
 * is left.
 *
 * @param buckets in the order in which they become complete
 */
public record BucketPlan(List<Bucket> buckets) {
    private static final int BYTES_OF_FLOAT = 4;

    /** 1 MiB: smaller messages take hardly less time. */
    private static final double LEAST = (1 << 20) / (double) BYTES_OF_FLOAT;

    public BucketPlan {
        buckets = List.copyOf(buckets);
    }

    /**
     * A stretch of the flat buffer whose gradients become complete together, such as a block's.
     *
     * @param offset first number
     * @param elements how many numbers
     */
    public record BucketPart(String name, long offset, long elements) {}

    /**
     * A stretch that is reduced at once.
     *
     * @param offset first number
     * @param elements how many numbers
     * @param firstPart the first of its parts, counted in the order of completion
     * @param endPart one past the last of its parts: it is complete once part {@code endPart - 1} is
     */
    public record Bucket(long offset, long elements, int firstPart, int endPart) {}

    /**
     * @param parts in the order in which backward completes them, each ending where the one before it began
     * @param mebibytes the size that a bucket of several parts does not exceed
     */
    public static BucketPlan of(List<BucketPart> parts, double mebibytes) {
        if (!(mebibytes > 0)) {
            throw new IllegalArgumentException("buckets of " + mebibytes + " MiB");
        }
        double most = mebibytes * (1 << 20) / BYTES_OF_FLOAT;
        List<Bucket> buckets = new ArrayList<>();
        int first = 0;
        long elements = 0;
        long left = parts.stream().mapToLong(BucketPart::elements).sum();
        for (int i = 0; i < parts.size(); i++) {
            BucketPart part = parts.get(i);
            if (part.elements() < 0
                    || i > 0
                            && part.offset() + part.elements()
                                    != parts.get(i - 1).offset()) {
                throw new IllegalArgumentException("part " + part + " does not end where the part before it begins");
            }
            if (elements > 0 && elements + part.elements() > Math.min(most, Math.max(LEAST, left / 2.0))) {
                buckets.add(new Bucket(parts.get(i - 1).offset(), elements, first, i));
                first = i;
                left -= elements;
                elements = 0;
            }
            elements += part.elements();
        }
        if (first < parts.size()) {
            buckets.add(new Bucket(parts.get(parts.size() - 1).offset(), elements, first, parts.size()));
        }
        return new BucketPlan(buckets);
    }

    /** Bytes of the largest bucket, float32. */
    public long largestBytes() {
        return buckets.stream().mapToLong(Bucket::elements).max().orElse(0) * BYTES_OF_FLOAT;
    }
}
