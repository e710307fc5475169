package io.vit4j.walk;

import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.Recorded;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * Forward and backward over a contiguous range of blocks. Forward goes block by block, each recorded by itself; backward
 * goes back the same way, so that what a block kept is free as soon as backward has left it, and whoever listens may send
 * its gradients on their way.
 */
public final class Walk {
    private final List<Block> blocks;
    private final boolean recompute;
    private final int firstTrained;
    private final boolean inputNeedsGradient;
    private final boolean outputGoesOn;

    /**
     * @param blocks in order
     * @param recompute keep only a block's input, and run it again when backward reaches it (gradient checkpointing)
     * @param firstTrained blocks below this one are frozen: they keep nothing and backward stops before them
     * @param inputNeedsGradient whether somebody waits for the gradient of the first block's input (the stage before)
     * @param outputGoesOn whether the output goes on to another stage, so that backward comes later; where it does not, the
     *     last block is walked back first and at once, and there is nothing to gain by running it again
     */
    public Walk(
            List<Block> blocks, boolean recompute, int firstTrained, boolean inputNeedsGradient, boolean outputGoesOn) {
        this.blocks = List.copyOf(blocks);
        this.recompute = recompute;
        this.firstTrained = firstTrained;
        this.inputNeedsGradient = inputNeedsGradient;
        this.outputGoesOn = outputGoesOn;
    }

    /** A walk to the end of the model. */
    public Walk(List<Block> blocks, boolean recompute, int firstTrained, boolean inputNeedsGradient) {
        this(blocks, recompute, firstTrained, inputNeedsGradient, false);
    }

    /** A walk over a whole model, all of it trained. */
    public Walk(List<Block> blocks) {
        this(blocks, false, 0, false);
    }

    /** {@return the blocks that are walked, in order} */
    public List<Block> blocks() {
        return blocks;
    }

    /** Through all blocks without keeping anything; the result lives in the caller's scope. */
    public Tensor infer(Tensor input, Context context) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            return scope.keep(through(0, blocks.size(), input, context));
        }
    }

    /** Through blocks {@code from} to {@code to} (not included), without gradients; lives in the caller's scope. */
    private Tensor through(int from, int to, Tensor input, Context context) {
        Tensor hidden = input;
        for (int i = from; i < to; i++) {
            try (Scope scope = new Scope()) {
                hidden = scope.keep(blocks.get(i).forward(hidden, context));
            }
        }
        return hidden;
    }

    /** Through all blocks, keeping what backward needs; close the tape, also where backward is never called. */
    public Tape forward(Tensor input, Context context) {
        Tape tape = new Tape(context);
        try {
            tape.forward(input);
            return tape;
        } catch (RuntimeException | Error e) {
            tape.close();
            throw e;
        }
    }

    /** Says of every trained block that backward has left it, in backward's order: where there is nothing to walk. */
    public void leaveAll(IntConsumer left) {
        for (int i = blocks.size() - 1; i >= firstTrained; i--) {
            left.accept(i);
        }
    }

    private boolean takesInputGradient(int block) {
        return block > firstTrained || (block == 0 && inputNeedsGradient);
    }

    /** One micro-batch on its way: what forward kept for backward. */
    public final class Tape implements AutoCloseable {
        private final Context context;
        private final Tensor[] inputs = new Tensor[blocks.size()]; // where only they are kept
        private final Recorded[] recorded = new Recorded[blocks.size()];
        private Optional<Tensor> output = Optional.empty();

        private Tape(Context context) {
            this.context = context;
        }

        private void forward(Tensor input) {
            int last = blocks.size() - 1;
            int keptFrom = Math.min(firstTrained, last);
            int recordedFrom = recompute ? last + (outputGoesOn ? 1 : 0) : keptFrom;
            try (Scope scope = new Scope()) {
                Tensor hidden = input;
                try (Autograd off = Autograd.off()) {
                    hidden = through(0, keptFrom, hidden, context);
                    for (int i = keptFrom; i < recordedFrom; i++) {
                        inputs[i] = scope.own(new Tensor(hidden));
                        hidden = through(i, i + 1, hidden, context);
                    }
                }
                for (int i = recordedFrom; i <= last; i++) {
                    recorded[i] = blocks.get(i).record(hidden, takesInputGradient(i), context);
                    hidden = recorded[i].output();
                }
                output = Optional.of(scope.own(new Tensor(hidden)));
            }
        }

        /** The last block's output, detached; lives until the tape is closed or walked backward, or {@link #outputTaken}. */
        public Tensor output() {
            return output.orElseThrow();
        }

        /** Nobody will ask for the output again: the tape does not keep it for its own sake. */
        public void outputTaken() {
            output.ifPresent(Tensor::close);
            output = Optional.empty();
        }

        /**
         * Adds the gradient of every trained weight to its buffer, as soon as its block has been walked.
         *
         * @param gradient of what is minimised, with respect to {@link #output}
         * @param left told each block's number once its gradients are complete for this micro-batch, before what the block
         *     kept is freed
         * @return the gradient with respect to the input, where it was asked for; in the caller's scope
         */
        public Optional<Tensor> backward(Tensor gradient, IntConsumer left) {
            return backward(gradient, GradientOrder.ANY, left);
        }

        /** As the other, adding the gradients when it is this walk's turn. */
        public Optional<Tensor> backward(Tensor gradient, GradientOrder order, IntConsumer left) {
            try (Scope scope = new Scope()) {
                Tensor flowing = gradient;
                for (int i = blocks.size() - 1; i >= firstTrained; i--) {
                    try (Scope step = new Scope()) {
                        if (recorded[i] == null) {
                            recorded[i] = blocks.get(i).record(inputs[i], takesInputGradient(i), context);
                        }
                        Optional<Tensor> further = recorded[i].backward(flowing);
                        order.add(i, recorded[i]::accumulate);
                        if (further.isPresent()) {
                            flowing = step.keep(further.get());
                        }
                    }
                    left.accept(i);
                    release(i);
                }
                return inputNeedsGradient && firstTrained == 0 ? Optional.of(scope.keep(flowing)) : Optional.empty();
            }
        }

        private void release(int i) {
            if (recorded[i] != null) {
                recorded[i].close();
                recorded[i] = null;
            }
            if (inputs[i] != null) {
                inputs[i].close();
                inputs[i] = null;
            }
        }

        @Override
        public void close() {
            outputTaken();
            for (int i = 0; i < inputs.length; i++) {
                release(i);
            }
        }
    }
}
