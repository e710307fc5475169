package io.vit4j.walk;

import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * Forward and backward over a contiguous range of blocks. Forward goes block by block, each on a detached input; backward
 * goes back the same way, each block by {@code output.backward(gradient)}, so that what a block kept is free as soon as
 * backward has left it, and whoever listens may send its gradients on their way.
 */
public final class Walk {
    private final List<Block> blocks;
    private final boolean recompute;
    private final int firstTrained;
    private final boolean inputNeedsGradient;

    /**
     * @param blocks in order
     * @param recompute keep only a block's input, and run it again when backward reaches it (gradient checkpointing)
     * @param firstTrained blocks below this one are frozen: they keep nothing and backward stops before them
     * @param inputNeedsGradient whether somebody waits for the gradient of the first block's input (the stage before)
     */
    public Walk(List<Block> blocks, boolean recompute, int firstTrained, boolean inputNeedsGradient) {
        this.blocks = List.copyOf(blocks);
        this.recompute = recompute;
        this.firstTrained = firstTrained;
        this.inputNeedsGradient = inputNeedsGradient;
    }

    /** A walk over a whole model, all of it trained. */
    public Walk(List<Block> blocks) {
        this(blocks, false, 0, false);
    }

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
        private final Tensor[] inputs = new Tensor[blocks.size()];
        private final Tensor[] outputs = new Tensor[blocks.size()];

        private Tape(Context context) {
            this.context = context;
        }

        private void forward(Tensor input) {
            try (Scope scope = new Scope()) {
                Tensor hidden = input;
                if (firstTrained > 0) {
                    try (Autograd off = Autograd.off()) {
                        hidden = through(0, Math.min(firstTrained, blocks.size()), input, context);
                    }
                }
                for (int i = firstTrained; i < blocks.size(); i++) {
                    try (Scope step = new Scope()) {
                        inputs[i] = step.own(takesInputGradient(i) ? Tensors.leaf(hidden) : hidden.detach());
                        hidden = step.keep(recompute && i < blocks.size() - 1 ? plain(i) : recorded(i));
                    }
                }
                outputs[blocks.size() - 1] = scope.own(hidden);
            }
        }

        /** The block's output without a graph: only its input is kept. */
        private Tensor plain(int i) {
            try (Autograd off = Autograd.off()) {
                return blocks.get(i).forward(inputs[i], context);
            }
        }

        /** The block's output with its graph, which is kept. */
        private Tensor recorded(int i) {
            Tensor output = blocks.get(i).forward(inputs[i], context);
            output.retainReference();
            outputs[i] = output;
            return output;
        }

        /** The last block's output, detached; lives until the tape is closed or walked backward. */
        public Tensor output() {
            return outputs[blocks.size() - 1].detach();
        }

        /**
         * Adds the gradient of every trained weight to its buffer.
         *
         * @param gradient of what is minimised, with respect to {@link #output}
         * @param left told each block's number once its gradients are complete for this micro-batch
         * @return the gradient with respect to the input, where it was asked for; in the caller's scope
         */
        public Optional<Tensor> backward(Tensor gradient, IntConsumer left) {
            try (Scope scope = new Scope()) {
                Tensor flowing = gradient;
                for (int i = blocks.size() - 1; i >= firstTrained; i--) {
                    try (Scope step = new Scope()) {
                        Tensor output = outputs[i] == null ? blocks.get(i).forward(inputs[i], context) : outputs[i];
                        Backward.run(output, flowing);
                        if (takesInputGradient(i)) {
                            flowing = step.keep(Tensors.gradient(inputs[i]));
                        }
                    }
                    release(i);
                    left.accept(i);
                }
                return inputNeedsGradient && firstTrained == 0 ? Optional.of(scope.keep(flowing)) : Optional.empty();
            }
        }

        private void release(int i) {
            if (outputs[i] != null) {
                outputs[i].close();
                outputs[i] = null;
            }
            if (inputs[i] != null) {
                inputs[i].close();
                inputs[i] = null;
            }
        }

        @Override
        public void close() {
            for (int i = 0; i < inputs.length; i++) {
                release(i);
            }
        }
    }
}
