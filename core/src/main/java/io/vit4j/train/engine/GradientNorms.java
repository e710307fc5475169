package io.vit4j.train.engine;

import io.vit4j.model.Parameters;
import io.vit4j.torch.Operator;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The norms of some weights' gradients, all asked for in one call: their stretches of the flat buffer are listed once, and on
 * a GPU the norms cross to the host together, as each transfer waits for everything before it.
 */
final class GradientNorms implements AutoCloseable {
    private final Tensor gradients;
    private final Parameters.Stretch within;
    private final int count;
    private final IValue stretches;

    /** @param within the numbers of the flat buffer that count */
    GradientNorms(Tensor gradients, List<Parameters.Entry> weights, Parameters.Stretch within) {
        this.gradients = gradients;
        this.within = within;
        try (Scope scope = new Scope()) {
            Tensor[] parts = weights.stream()
                    .map(weight -> TrainingLanes.cut(weight, within))
                    .filter(part -> part.length() > 0)
                    .map(part -> gradients.narrow(0, part.from(), part.length()))
                    .toArray(Tensor[]::new);
            count = parts.length;
            stretches = scope.own(Operators.NORM.list(0, parts));
        }
    }

    boolean isOf(Parameters.Stretch stretch, Tensor buffer) {
        return within.equals(stretch) && gradients == buffer;
    }

    /** {@return the norms, weight by weight in their order} */
    float[] read() {
        if (count == 0) {
            return new float[0];
        }
        try (Scope scope = new Scope()) {
            IValue norms = Operators.NORM
                    .call(stretches, new IValue(new Scalar(2.0)), new IValue())
                    .get(0);
            return Tensors.toFloats(
                    Operators.STACK.call(norms, new IValue(0L)).get(0).toTensor());
        }
    }

    @Override
    public void close() {
        stretches.close();
    }

    private static final class Operators {
        static final Operator NORM = Operator.named("aten::_foreach_norm", "Scalar");
        static final Operator STACK = Operator.named("aten::stack", "");
    }
}
