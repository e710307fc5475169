package io.vit4j.model.transformer;

import io.vit4j.model.Context;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The two linear maps of a layer's second half and what is between them: {@code out(act(in(x)))}, or gated
 * {@code out(act(gate(x)) * up(x))} (Shazeer 2020), where gate and up are one map or two of the same input.
 *
 * @param hidden numbers of a token
 * @param inner numbers that the second map takes
 * @param in to {@code inner} numbers, or gated to twice as many: the gate's, then those that it lets through
 * @param out back to {@code hidden} numbers
 * @param init how the first map's weights start
 * @param outInit how the second's start
 * @param norm of what the second map takes (Fang et al. 2024, EVA-02); empty if there is none
 */
public record Mlp(
        int hidden,
        int inner,
        List<Linear.Named> in,
        Linear.Named out,
        HiddenAct act,
        boolean gated,
        Initialization init,
        Initialization outInit,
        Optional<LayerNorm.Named> norm) {

    /** Two maps with an activation between them. */
    public static Mlp plain(
            int hidden, int inner, Linear.Named in, Linear.Named out, HiddenAct act, Initialization init) {
        return new Mlp(hidden, inner, List.of(in), out, act, false, init, init, Optional.empty());
    }

    /**
     * Gated.
     *
     * @param in gate and up, or one map whose first half is the gate
     */
    public static Mlp gated(
            int hidden, int inner, List<Linear.Named> in, Linear.Named out, HiddenAct act, Initialization init) {
        return new Mlp(hidden, inner, in, out, act, true, init, init, Optional.empty());
    }

    /** The same with the second map's weight started otherwise. */
    public Mlp withOutInit(Initialization other) {
        return new Mlp(hidden, inner, in, out, act, gated, init, other, norm);
    }

    /** The same with a norm before the second map. */
    public Mlp withNorm(LayerNorm.Named inside) {
        return new Mlp(hidden, inner, in, out, act, gated, init, outInit, Optional.of(inside));
    }

    /** {@return numbers that come out of the first map} */
    int wide() {
        return gated ? 2 * inner : inner;
    }

    Stream<ParameterSpec> weights() {
        return Stream.of(
                        Linear.specs(hidden, wide() / in.size(), init, in),
                        norm.stream().flatMap(inside -> inside.specs(inner)),
                        Linear.specs(inner, hidden, outInit, List.of(out)))
                .flatMap(specs -> specs);
    }

    /** The first map and the activation. */
    Tensor widened(Linear into, Tensor x, Context context) {
        return gated ? bent(into.forward(x, context)) : into.forward(x, act, context);
    }

    /** {@code [..., wide]} to {@code [..., inner]}. */
    Tensor bent(Tensor wide) {
        return gated ? torch.mul(act.apply(gate(wide)), up(wide)) : act.apply(wide);
    }

    /** The first map and the activation, in a graph. */
    Value write(GraphWriter graph, Linear into, Value x) {
        Value wide = into.write(graph, x);
        return gated
                ? graph.mul(act.write(graph, graph.narrow(wide, -1, 0, inner)), graph.narrow(wide, -1, inner, inner))
                : act.write(graph, wide);
    }

    /**
     * The derivative of {@link #bent}.
     *
     * @param gradient with respect to what it gave
     * @param wide what it was given
     */
    Tensor bentBackward(Tensor gradient, Tensor wide) {
        if (!gated) {
            return act.backward(gradient, wide);
        }
        Tensor gate = gate(wide);
        Tensor atGate = act.backward(torch.mul(gradient, up(wide)), gate);
        return torch.cat(new TensorVector(atGate, torch.mul(gradient, act.apply(gate))), -1);
    }

    private Tensor gate(Tensor wide) {
        return wide.narrow(-1, 0, inner);
    }

    private Tensor up(Tensor wide) {
        return wide.narrow(-1, inner, inner);
    }
}
