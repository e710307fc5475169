package io.vit4j.walk;

import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Lanes that walk one picture together, so that a single one takes all cores: each has its own rows of tokens, and hands
 * the others what they need of these ({@link Context.TokenSharing}), a ViT's keys and values once a layer. All else is row by
 * row, so this is the only time they wait for each other. For models of which {@code ModelDefinition.sharingLanes} says that it can
 * be done; used for one walk.
 */
public final class LaneGroup {
    private final int lanes;
    private final LaneBarrier barrier;
    private final Tensor[][] handed;

    /** @param lanes that each call {@link #infer}, no more than may share a picture of the model */
    public LaneGroup(int lanes) {
        this.lanes = lanes;
        barrier = new LaneBarrier(lanes);
        handed = new Tensor[2][lanes];
    }

    /**
     * Called by every lane of the group at once.
     *
     * @param member this lane's number within the group, from 0
     * @param pixels {@code [batch, channels, height, width]}; every lane asks for them
     * @return the logits {@code [batch, labels]} for the first lane, in its scope; for the others nothing of use
     */
    public Tensor infer(int member, List<Block> blocks, StepWeights weights, Supplier<Tensor> pixels) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Context context = Context.inference(weights, new LaneRows(member));
            Tensor hidden = pixels.get();
            for (Block block : blocks.subList(0, blocks.size() - 1)) {
                try (Scope step = new Scope()) {
                    hidden = step.keep(block.forward(hidden, context));
                }
            }
            return scope.keep(
                    member == 0 ? blocks.get(blocks.size() - 1).forward(hidden, Context.inference(weights)) : hidden);
        } catch (RuntimeException | Error e) {
            barrier.fail(e);
            throw e;
        }
    }

    /** Frees what was handed over; once all lanes have left. */
    public void release() {
        for (Tensor[] layer : handed) {
            for (int i = 0; i < lanes; i++) {
                replace(layer, i, null);
            }
        }
    }

    private static void replace(Tensor[] slots, int lane, Tensor tensor) {
        if (slots[lane] != null) {
            slots[lane].close();
        }
        slots[lane] = tensor;
    }

    /**
     * One lane's side. Layers take turns with two sets of slots: whoever hands over the keys of a layer has met all others
     * since they read those of the layer before the last.
     */
    private final class LaneRows implements Context.TokenSharing {
        private final int member;
        private int turn;

        LaneRows(int member) {
            this.member = member;
        }

        @Override
        public Tensor all(Tensor own) {
            Tensor[] slots = handed[turn];
            turn = 1 - turn;
            own.retainReference();
            replace(slots, member, own);
            barrier.await();
            return torch.cat(new TensorVector(slots), 1);
        }

        @Override
        public long from(long tokens) {
            return tokens * member / lanes;
        }

        @Override
        public long to(long tokens) {
            return tokens * (member + 1) / lanes;
        }

        @Override
        public boolean isFirst() {
            return member == 0;
        }
    }
}
