package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.RandomKey;
import io.vit4j.parallel.BucketPlan.Bucket;
import io.vit4j.parallel.BucketPlan.BucketPart;
import io.vit4j.parallel.ShardPlan.Shard;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BucketPlanTest {
    private static final long MEBI = (1 << 20) / 4;

    /** Parts of these sizes, laid out from the buffer's end downwards. */
    private static List<BucketPart> parts(long... elements) {
        long end = 0;
        for (long count : elements) {
            end += count;
        }
        List<BucketPart> parts = new ArrayList<>();
        for (int i = 0; i < elements.length; i++) {
            end -= elements[i];
            parts.add(new BucketPart("part" + i, end, elements[i]));
        }
        return parts;
    }

    @Test
    void smallPartsShareABucketAndLargeOnesStandAlone() {
        assertThat(BucketPlan.of(parts(MEBI, MEBI, MEBI, 5 * MEBI, MEBI), 2).buckets())
                .containsExactly(
                        new Bucket(7 * MEBI, 2 * MEBI, 0, 2),
                        new Bucket(6 * MEBI, MEBI, 2, 3),
                        new Bucket(MEBI, 5 * MEBI, 3, 4),
                        new Bucket(0, MEBI, 4, 5));
    }

    @Test
    void everyNumberIsReducedOnceInBackwardOrderAndNoSharedBucketIsTooLarge() {
        RandomKey.Stream random = RandomKey.of(1).stream();
        for (int run = 0; run < 200; run++) {
            long[] sizes = new long[random.nextInt(30)];
            for (int i = 0; i < sizes.length; i++) {
                sizes[i] = random.nextInt(4) == 0 ? 0 : random.nextInt(3 * (int) MEBI);
            }
            double mebibytes = 0.1 + 5 * random.nextDouble();
            List<BucketPart> parts = parts(sizes);
            BucketPlan plan = BucketPlan.of(parts, mebibytes);
            int nextPart = 0;
            long end =
                    parts.isEmpty() ? 0 : parts.get(0).offset() + parts.get(0).elements();
            for (Bucket bucket : plan.buckets()) {
                assertThat(bucket.firstPart()).isEqualTo(nextPart);
                assertThat(bucket.endPart()).isGreaterThan(nextPart);
                assertThat(bucket.offset() + bucket.elements()).isEqualTo(end);
                assertThat(bucket.offset())
                        .isEqualTo(parts.get(bucket.endPart() - 1).offset());
                long nonEmpty = parts.subList(bucket.firstPart(), bucket.endPart()).stream()
                        .filter(p -> p.elements() > 0)
                        .count();
                if (nonEmpty > 1) {
                    assertThat(bucket.elements() * 4.0).isLessThanOrEqualTo(mebibytes * (1 << 20));
                }
                nextPart = bucket.endPart();
                end = bucket.offset();
            }
            assertThat(nextPart).isEqualTo(parts.size());
            assertThat(end).isZero();
        }
    }

    /** Nothing is computed beside the last ones any more. */
    @Test
    void bucketsBecomeSmallerTowardsTheEnd() {
        long block = 7 * MEBI;
        assertThat(BucketPlan.of(parts(block, block, block, block, block, block, 2 * MEBI), 25)
                        .buckets())
                .extracting(Bucket::elements)
                .containsExactly(3 * block, block, block, block, 2 * MEBI);
        assertThat(BucketPlan.of(parts(MEBI / 4, MEBI / 4, MEBI / 4, MEBI / 4), 25)
                        .buckets())
                .as("a megabyte is sent whole")
                .hasSize(1);
    }

    @Test
    void partsWithGapsBetweenThemAreAProgrammingError() {
        List<BucketPart> gap = List.of(new BucketPart("head", 10, 5), new BucketPart("layer", 0, 9));
        assertThatThrownBy(() -> BucketPlan.of(gap, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BucketPlan.of(List.of(), 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BucketPlan.of(List.of(), Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theLargestBucketIsKnown() {
        assertThat(BucketPlan.of(parts(3 * MEBI, MEBI), 1).largestBytes()).isEqualTo(3 << 20);
        assertThat(BucketPlan.of(List.of(), 1).largestBytes()).isZero();
    }

    @Test
    void shardsCoverTheBufferOnceAndDifferByTheRemainderAlone() {
        for (long elements : new long[] {0, 1, 5, 16, 1000, 85_800_000_123L}) {
            for (int replicas = 1; replicas <= 17; replicas++) {
                ShardPlan plan = new ShardPlan(elements, replicas);
                long next = 0;
                for (int replica = 0; replica < replicas; replica++) {
                    Shard shard = plan.shard(replica);
                    assertThat(shard.offset()).isEqualTo(next);
                    assertThat(shard.elements() - elements / replicas).isBetween(0L, (long) replicas - 1);
                    next += shard.elements();
                }
                assertThat(next).isEqualTo(elements);
                assertThat(plan.remainder().offset() + plan.remainder().elements())
                        .isEqualTo(elements);
                assertThat(plan.remainder().elements()).isLessThan(replicas);
            }
        }
        assertThatThrownBy(() -> new ShardPlan(4, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ShardPlan(4, 2).shard(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
