package io.vit4j.parallel;

/**
 * Which stretch of a flat buffer each replica keeps the optimizer's state of and steps: equal neighbouring shares, the
 * last replica also taking the remainder of fewer numbers than there are replicas (Rajbhandari et al., "ZeRO", SC 2020,
 * stage 1).
 *
 * @param elements numbers in the flat buffer
 * @param replicas how many share it
 */
public record ShardPlan(long elements, int replicas) {
    public ShardPlan {
        if (elements < 0 || replicas < 1) {
            throw new IllegalArgumentException(elements + " elements over " + replicas + " replicas");
        }
    }

    /** A stretch of the buffer. */
    public record Shard(long offset, long elements) {}

    /** Numbers in every share, the remainder aside: what an all-gather moves from each replica. */
    public long equalElements() {
        return elements / replicas;
    }

    /** The share of one replica. */
    public Shard shard(int replica) {
        if (replica < 0 || replica >= replicas) {
            throw new IndexOutOfBoundsException("replica " + replica + " of " + replicas);
        }
        return new Shard(
                replica * equalElements(),
                equalElements() + (replica == replicas - 1 ? remainder().elements() : 0));
    }

    /** What lies behind the equal shares: the last replica's, which it broadcasts. May be empty. */
    public Shard remainder() {
        return new Shard(replicas * equalElements(), elements % replicas);
    }
}
