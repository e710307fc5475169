package io.vit4j.parallel;

import io.vit4j.torch.Device;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * This rank's place in a mesh of replicas x pipeline stages, and its connections to the others. Rank
 * {@code replica * stages + stage} runs that stage of that replica, so that neighbours in a pipeline are neighbours in
 * number.
 */
public final class RankMesh implements AutoCloseable {
    private final Rendezvous rendezvous;
    private final int replicaCount;
    private final int stages;
    private final ProcessGroup world;
    private final ProcessGroup replicas;
    private final ProcessGroup forward;
    private final ProcessGroup backward;

    private RankMesh(Rendezvous rendezvous, int replicaCount, int stages, Device device) {
        this.rendezvous = rendezvous;
        this.replicaCount = replicaCount;
        this.stages = stages;
        world = connect("world", IntStream.range(0, replicaCount * stages), device);
        replicas = connect(
                "replicas-" + stage(),
                IntStream.range(0, replicaCount).map(replica -> replica * stages + stage()),
                device);
        IntStream pipeline = IntStream.range(replica() * stages, (replica() + 1) * stages);
        List<Integer> members = pipeline.boxed().toList();
        // One group a direction: on a GPU messages between two ranks stay in the order in which they were begun.
        forward = ProcessGroup.connect(rendezvous, "forward-" + replica(), members, device);
        backward = ProcessGroup.connect(rendezvous, "backward-" + replica(), members, device);
    }

    private ProcessGroup connect(String name, IntStream members, Device device) {
        return ProcessGroup.connect(rendezvous, name, members.boxed().toList(), device);
    }

    /**
     * Connects to the other ranks and compares what must be equal on all of them.
     *
     * @param settings how they meet
     * @param alike digests by name of what is compared, such as "arguments"
     * @param device where this rank's tensors are
     * @throws io.vit4j.base.InputException if a rank does not connect in time, or something differs
     */
    public static RankMesh join(
            RankEnvironment self,
            RendezvousSettings settings,
            int replicas,
            int stages,
            Map<String, String> alike,
            Device device) {
        if (self.worldSize() != replicas * stages) {
            throw new IllegalArgumentException(
                    self.worldSize() + " ranks for " + replicas + " replicas of " + stages + " stages");
        }
        Rendezvous rendezvous = Rendezvous.join(self, settings);
        try {
            rendezvous.agree(alike);
            return new RankMesh(rendezvous, replicas, stages, device);
        } catch (RuntimeException | Error e) {
            leave(rendezvous, e);
            throw e;
        }
    }

    private static void leave(Rendezvous rendezvous, Throwable why) {
        if (!(why instanceof RankFailedException)) {
            rendezvous.fail(Rendezvous.firstLine(why));
        }
        rendezvous.close();
    }

    /** Its stage, from 0. */
    public int stage() {
        return rendezvous.self().rank() % stages;
    }

    /** {@return stages of the pipeline} */
    public int stages() {
        return stages;
    }

    /** {@return whether this rank has the embeddings} */
    public boolean isFirstStage() {
        return stage() == 0;
    }

    /** {@return whether this rank has the head} */
    public boolean isLastStage() {
        return stage() == stages - 1;
    }

    /** Its replica, from 0. */
    public int replica() {
        return rendezvous.self().rank() / stages;
    }

    /** {@return how many replicas there are} */
    public int replicaCount() {
        return replicaCount;
    }

    /** The rank that logs and writes files. */
    public boolean isFirst() {
        return rendezvous.self().rank() == 0;
    }

    /** Ranks on this machine. */
    public int localRanks() {
        return rendezvous.localWorldSize();
    }

    /** All ranks. */
    public ProcessGroup world() {
        return world;
    }

    /** The ranks that run this stage, by replica. */
    public ProcessGroup replicas() {
        return replicas;
    }

    /** The stages of this replica, for what goes from one to the next. */
    public ProcessGroup forward() {
        return forward;
    }

    /** The stages of this replica, for what goes from one to the one before. */
    public ProcessGroup backward() {
        return backward;
    }

    /** Throws {@link RankFailedException} if another rank is known to have failed. */
    public void checkAlive() {
        rendezvous.checkAlive();
    }

    /** Tells the other ranks why this one cannot continue, unless another rank caused it. */
    public void fail(Throwable why) {
        if (!(why instanceof RankFailedException)) {
            rendezvous.fail(Rendezvous.firstLine(why));
        }
    }

    /** Leaves together with the others. */
    @Override
    public void close() {
        for (ProcessGroup group : List.of(world, replicas, forward, backward)) {
            group.close();
        }
        rendezvous.close();
    }
}
