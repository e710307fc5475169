package io.vit4j.parallel;

import io.vit4j.parallel.PipelineSchedule.Action;
import io.vit4j.parallel.PipelineSchedule.Direction;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Runs one stage's part of a schedule: takes what the neighbours send, has the stage walk it, sends on what comes out. What
 * is next is received, and what came out last is sent, while the stage computes. A pipeline of one stage sends nothing.
 */
public final class Pipeline {
    /** A gradient that was sent so many ago has arrived: the stage before has used it since. */
    private static final int GRADIENTS_UNDER_WAY = 2;

    private static final double NANOS = 1e9;

    private final RankMesh mesh;
    private final Device device;

    /**
     * Passes tensors between the stages of a replica.
     * @param mesh the ranks
     * @param device where received tensors go
     */
    public Pipeline(RankMesh mesh, Device device) {
        this.mesh = mesh;
        this.device = device;
    }

    /** What a stage does with a micro-batch. Tensors it is given are closed by the caller, those it returns too. */
    public interface Stage {
        /**
         * @param message from the stage before; empty on the first
         * @return for the stage after; empty on the last
         */
        Optional<Tensor> forward(int microBatch, Optional<Tensor> message);

        /**
         * @param gradient from the stage after; empty on the last
         * @return for the stage before; empty if it waits for none
         */
        Optional<Tensor> backward(int microBatch, Optional<Tensor> gradient);
    }

    /**
     * How many float32 numbers cross for each sample; 0 if nothing does.
     *
     * @param message from the stage before
     * @param gradient from the stage after
     */
    public record Incoming(long message, long gradient) {}

    /**
     * What a run took on this stage.
     *
     * @param forwardSeconds that it computed forward, of each micro-batch
     * @param backwardSeconds the same backward; NaN on a stage that does not go backward
     * @param seconds in all, from this stage's call to its last action's end
     * @param receivingSeconds of it in which it waited for what a neighbour was to send
     * @param sendingSeconds of it that beginning to send took, and waiting until earlier messages had arrived
     * @param mostInFlight micro-batches kept at once between their forward and their backward
     */
    public record Ran(
            double[] forwardSeconds,
            double[] backwardSeconds,
            double seconds,
            double receivingSeconds,
            double sendingSeconds,
            int mostInFlight) {}

    /**
     * Runs all actions of this stage.
     *
     * @param samples of each micro-batch
     * @param backward whether this stage goes backward; where it does not, nothing is kept
     */
    public Ran run(PipelineSchedule schedule, int[] samples, boolean backward, Incoming incoming, Stage stage) {
        long start = System.nanoTime();
        ReceiveQueue messages = new ReceiveQueue(mesh.forward(), mesh.stage() - 1, incoming.message(), samples);
        ReceiveQueue gradients = new ReceiveQueue(mesh.backward(), mesh.stage() + 1, incoming.gradient(), samples);
        int before = Math.max(0, mesh.stage() - 1);
        SendQueue sentOn = new SendQueue(mesh.forward(), mesh.stage() + 1, schedule.stages());
        SendQueue sentBack = new SendQueue(mesh.backward(), before, GRADIENTS_UNDER_WAY);
        double[] forwardSeconds = new double[samples.length];
        double[] backwardSeconds = new double[samples.length];
        Arrays.fill(backwardSeconds, Double.NaN);
        long receiving = 0;
        long sending = 0;
        int inFlight = 0;
        int most = 0;
        for (Action action : schedule.actions(mesh.stage())) {
            boolean goesForward = action.direction() == Direction.FORWARD;
            if (!goesForward && !backward) {
                continue;
            }
            mesh.checkAlive();
            long asked = System.nanoTime();
            Optional<Tensor> given = (goesForward ? messages : gradients).take();
            long began = System.nanoTime();
            Optional<Tensor> result = goesForward
                    ? stage.forward(action.microBatch(), given)
                    : stage.backward(action.microBatch(), given);
            long ended = System.nanoTime();
            given.ifPresent(Tensor::close);
            result.ifPresent((goesForward ? sentOn : sentBack)::send);
            (goesForward ? forwardSeconds : backwardSeconds)[action.microBatch()] = (ended - began) / NANOS;
            receiving += began - asked;
            sending += System.nanoTime() - ended;
            inFlight += goesForward ? 1 : -1;
            most = Math.max(most, inFlight);
        }
        long end = System.nanoTime();
        sentOn.awaitAll();
        sentBack.awaitAll();
        return new Ran(
                forwardSeconds,
                backwardSeconds,
                (end - start) / NANOS,
                receiving / NANOS,
                sending / NANOS,
                backward ? most : 0);
    }

    /** Receives one micro-batch ahead of its use. */
    private final class ReceiveQueue {
        private final ProcessGroup group;
        private final int from;
        private final long numbers;
        private final int[] samples;
        private int next;
        private Optional<StageMessage> expected = Optional.empty();

        ReceiveQueue(ProcessGroup group, int from, long numbers, int[] samples) {
            this.group = group;
            this.from = from;
            this.numbers = numbers;
            this.samples = samples;
            expect();
        }

        private void expect() {
            expected = Optional.empty();
            if (numbers > 0 && next < samples.length) {
                try (Scope scope = new Scope()) {
                    Tensor room = scope.own(Tensors.empty(Dtype.FLOAT32, device, samples[next] * numbers));
                    expected = Optional.of(new StageMessage(room, group.receive(room, from, next)));
                }
                next++;
            }
        }

        Optional<Tensor> take() {
            Optional<StageMessage> message = expected;
            message.ifPresent(arriving -> arriving.pending().await());
            expect();
            return message.map(StageMessage::tensor);
        }
    }

    private record StageMessage(Tensor tensor, Pending pending) {
        void settle() {
            pending.await();
            tensor.close();
        }
    }

    /** Keeps what is under way until it has arrived, but no more than so many. */
    private static final class SendQueue {
        private final ProcessGroup group;
        private final int to;
        private final int most;
        private final Deque<StageMessage> underWay = new ArrayDeque<>();
        private int sent;

        SendQueue(ProcessGroup group, int to, int most) {
            this.group = group;
            this.to = to;
            this.most = most;
        }

        void send(Tensor tensor) {
            underWay.add(new StageMessage(tensor, group.send(tensor, to, sent++)));
            while (underWay.size() > most) {
                underWay.remove().settle();
            }
        }

        void awaitAll() {
            while (!underWay.isEmpty()) {
                underWay.remove().settle();
            }
        }
    }
}
