package io.vit4j.evaluate;

import io.vit4j.parallel.ParallelConfig;
import java.util.Optional;

/**
 * How predictions are shared out to the ranks of a job.
 *
 * @param config blocks and replicas; empty: a replica on each rank
 * @param rendezvousSeconds time within which all ranks must connect
 * @param rendezvousSecret file with a secret that all ranks share; empty: as the environment says
 * @param networkInterface on which this rank listens; empty: the one through which it reaches rank 0
 */
public record RankLayout(
        Optional<ParallelConfig> config,
        int rendezvousSeconds,
        Optional<String> rendezvousSecret,
        Optional<String> networkInterface) {
    /** A replica on each rank, if there are any. */
    public static final RankLayout REPLICAS = new RankLayout(Optional.empty(), 300, Optional.empty(), Optional.empty());
}
