package io.vit4j.parallel;

import io.vit4j.base.InputException;
import io.vit4j.base.SpinWait;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.AllreduceOptions;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.ReduceOp;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Some ranks that exchange tensors, over c10d: Gloo on CPUs, NCCL on GPUs. All members call the same collectives in the
 * same order with tensors of the same size; c10d does not check that, so {@link Rendezvous#agree} comes first. Tensors
 * are contiguous. A group of one does nothing, at no cost.
 *
 * <p>Waiting ends with a {@link RankFailedException} when a rank of the job dies. Not for several threads at once.
 */
public final class ProcessGroup implements AutoCloseable {
    private static final SpinWait WAIT = new SpinWait(50_000, 500_000);

    private final List<Integer> members;
    private final int rank;
    private final Backend backend;
    private final Heartbeat heartbeat;
    private final Device device;
    private final boolean waitsOnStream;
    private final Duration timeout;
    private volatile boolean gaveUp;
    private final Set<Work> blocking = ConcurrentHashMap.newKeySet();

    private ProcessGroup(List<Integer> members, int rank, Backend backend, Rendezvous rendezvous, Device device) {
        this.members = members;
        this.rank = rank;
        this.backend = backend;
        this.heartbeat = rendezvous.heartbeat();
        this.timeout = rendezvous.collectiveTimeout();
        this.device = device;
        this.waitsOnStream = !device.isCpu();
        heartbeat.onFault(this::abortBlocking);
    }

    /**
     * Connects the members; each calls it.
     *
     * @param name unique among all groups of the job, the same on every member
     * @param members ranks of the job, this one among them, the same list on every member
     * @param device where the tensors live
     */
    public static ProcessGroup connect(Rendezvous rendezvous, String name, List<Integer> members, Device device) {
        int rank = members.indexOf(rendezvous.self().rank());
        if (rank < 0) {
            throw new IllegalArgumentException("rank " + rendezvous.self().rank() + " is not of " + members);
        }
        Backend backend = members.size() == 1 ? null : Backends.connect(rendezvous, name, rank, members.size(), device);
        return new ProcessGroup(List.copyOf(members), rank, backend, rendezvous, device);
    }

    /** This rank's number within the group. */
    public int rank() {
        return rank;
    }

    /** {@return how many members there are} */
    public int size() {
        return members.size();
    }

    /** The members' numbers within the job. */
    public List<Integer> members() {
        return members;
    }

    /** How numbers of all members become one. */
    public enum Reduction {
        /** Their sum. */
        SUM(ReduceOp.RedOpType.SUM),
        /** The largest. */
        MAX(ReduceOp.RedOpType.MAX);

        private final ReduceOp.RedOpType type;

        Reduction(ReduceOp.RedOpType type) {
            this.type = type;
        }
    }

    /** Every member's tensor becomes the sum (or maximum) over all members'. */
    public Pending allReduce(Tensor tensor, Reduction reduction) {
        return collective(
                tensor,
                tensors -> backend.allreduce(tensors, new AllreduceOptions().reduceOp(new ReduceOp(reduction.type))));
    }

    /** Every member's tensor becomes that of member {@code root}. */
    public Pending broadcast(Tensor tensor, int root) {
        return collective(tensor, tensors -> backend.broadcast(tensors, new BroadcastOptions().rootRank(root)));
    }

    /**
     * Every member's share, one after another, in every member's {@code all}.
     *
     * @param all {@code size()} times as many numbers as {@code share}, which may be a stretch of it
     */
    public Pending allGather(Tensor all, Tensor share) {
        if (all.numel() != share.numel() * size()) {
            throw new IllegalArgumentException(
                    "room for " + all.numel() + " numbers, " + size() + " shares of " + share.numel());
        }
        return collective(share, tensors -> backend._allgather_base(all, share));
    }

    /**
     * This member's share of the sum over all members' {@code all}; the reverse of {@link #allGather}. Gloo's own is slower
     * than its all-reduce, so on CPUs all-reduce is used, and {@code all} contains the sums of all shares afterwards; do
     * not rely on that on GPUs.
     */
    public Pending reduceScatter(Tensor share, Tensor all) {
        if (all.numel() != share.numel() * size()) {
            throw new IllegalArgumentException(all.numel() + " numbers for " + size() + " shares of " + share.numel());
        }
        if (waitsOnStream) {
            return collective(all, tensors -> backend._reduce_scatter_base(share, all));
        }
        Pending sum = allReduce(all, Reduction.SUM);
        return () -> {
            sum.await();
            try (Scope scope = new Scope()) {
                share.copy_(all.view(-1).narrow(0, rank * share.numel(), share.numel()));
            }
        };
    }

    /** Sends to one member; {@code tag} distinguishes this message from others in flight between the two. */
    public Pending send(Tensor tensor, int to, int tag) {
        return pairwise(tensor, to, tensors -> backend.send(tensors, to, tag));
    }

    /** Receives from one member what it sends under the same tag; the tensor has its size and type. */
    public Pending receive(Tensor tensor, int from, int tag) {
        return pairwise(tensor, from, tensors -> backend.recv(tensors, from, tag));
    }

    /** Returns when every member has come here. */
    public void barrier() {
        try (Scope scope = new Scope()) {
            Tensor nothing = Tensors.zeros(Dtype.FLOAT32, device, 1);
            allReduce(nothing, Reduction.SUM).await();
            if (waitsOnStream) {
                Tensors.item(nothing);
            }
        }
    }

    /** The sum of one number of each member. */
    public double sum(double number) {
        return sums(number)[0];
    }

    /** The sums over all members, number by number. */
    public double[] sums(double... numbers) {
        return reduced(numbers, Reduction.SUM);
    }

    /** The largest of one number of each member. */
    public double max(double number) {
        return maxima(number)[0];
    }

    /** The largest over all members, number by number. */
    public double[] maxima(double... numbers) {
        return reduced(numbers, Reduction.MAX);
    }

    private double[] reduced(double[] numbers, Reduction reduction) {
        if (size() == 1) {
            return numbers;
        }
        try (Scope scope = new Scope()) {
            Tensor tensor = Tensors.to(Tensor.create(numbers, numbers.length), device);
            allReduce(tensor, reduction).await();
            double[] result = new double[numbers.length];
            new DoublePointer(tensor.cpu().data_ptr()).get(result);
            return result;
        }
    }

    /** What the first member says, for all. */
    public String fromFirst(String text) {
        if (size() == 1) {
            return text;
        }
        byte[] said = text.getBytes(StandardCharsets.UTF_8);
        long length = (long) sum(rank == 0 ? said.length : 0);
        try (Scope scope = new Scope()) {
            Tensor bytes = Tensors.empty(ScalarType.Byte, Device.CPU, length + 1); // never empty
            ByteBuffer memory = Tensors.bytes(bytes, 0, Math.toIntExact(length));
            if (rank == 0) {
                memory.put(said);
            }
            Tensor crossing = Tensors.to(bytes, device);
            broadcast(crossing, 0).await();
            byte[] heard = new byte[Math.toIntExact(length)];
            Tensor arrived = crossing.cpu();
            Tensors.bytes(arrived, 0, heard.length).get(heard);
            return new String(heard, StandardCharsets.UTF_8);
        }
    }

    private Pending collective(Tensor tensor, Function<TensorVector, Work> start) {
        if (size() == 1) {
            return Pending.DONE;
        }
        Work work = start(tensor, start);
        return () -> {
            try {
                if (!waitsOnStream) {
                    poll(work);
                }
                work._wait();
            } catch (RankFailedException e) {
                throw e; // the work may never end: its handle is left, not closed
            } catch (RuntimeException e) {
                throw broken(e, "a collective over ranks " + members);
            }
            work.close();
        };
    }

    /** Collectives cannot be aborted, so this looks whether the work is done, and now and then whether all live. */
    private void poll(Work work) {
        WAIT.until(work::isCompleted, heartbeat::check);
    }

    private Pending pairwise(Tensor tensor, int peer, Function<TensorVector, Work> start) {
        if (peer < 0 || peer >= size() || peer == rank) {
            throw new IndexOutOfBoundsException("member " + peer + " of " + size() + ", from " + rank);
        }
        Work work = start(tensor, start);
        return () -> {
            blocking.add(work);
            try {
                heartbeat.check();
                if (!work._wait()) {
                    heartbeat.check();
                    throw new RankFailedException("the connection to rank " + members.get(peer) + " was abandoned");
                }
            } catch (RankFailedException e) {
                throw e;
            } catch (RuntimeException e) {
                throw broken(e, "the connection to rank " + members.get(peer));
            } finally {
                blocking.remove(work);
            }
            work.close();
        };
    }

    private Work start(Tensor tensor, Function<TensorVector, Work> start) {
        if (!tensor.is_contiguous()) {
            throw new IllegalArgumentException("only contiguous tensors cross");
        }
        heartbeat.check();
        try (Scope scope = new Scope()) {
            return scope.own(start.apply(new TensorVector(tensor)));
        } catch (RuntimeException e) {
            throw broken(e, "a message to ranks " + members);
        }
    }

    private void abortBlocking() {
        for (Work work : blocking) {
            work.abort();
        }
    }

    /** A broken connection is noticed before the heartbeat says whose rank died. */
    private RuntimeException broken(RuntimeException cause, String what) {
        if (String.valueOf(cause.getMessage()).contains("Duplicate GPU")) {
            return new InputException(
                    "two ranks compute on " + device
                            + ", but NCCL needs one GPU per rank; start no more ranks on a machine than it has GPUs, with"
                            + " --device cuda, which gives each rank its own",
                    cause);
        }
        if (String.valueOf(cause.getMessage()).contains("Timed out")) {
            gaveUp = true;
            throw new InputException(
                    what + " did not complete within " + timeout.toSeconds()
                            + " s; if a rank may be that slow, raise --ddp-timeout",
                    cause);
        }
        long until = System.nanoTime() + Heartbeat.SILENCE.plus(Heartbeat.BEAT).toNanos();
        while (System.nanoTime() < until && !Thread.currentThread().isInterrupted()) {
            heartbeat.check();
            LockSupport.parkNanos(10_000_000);
        }
        return new RankFailedException(what + " broke: " + Rendezvous.firstLine(cause), cause);
    }

    /** Leaves the group. After a failure nothing is released: native threads may wait in there, and the job ends. */
    @Override
    public void close() {
        if (backend != null && !gaveUp && heartbeat.fault().isEmpty()) {
            backend.close();
        }
    }
}
