package io.vit4j.onnx;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Int8Weights;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A linear map over whole numbers, in the nodes that onnxruntime's dynamic quantisation writes and fuses: {@code DynamicQuantizeLinear},
 * {@code MatMulInteger}, and a scale for each output.
 *
 * <p>Weights go from -64 to 64, as with its {@code reduce_range}: x86 processors without VNNI add two products in 16 bits, where larger weights would
 * saturate.
 */
final class QuantizedLinear {
    private final GraphWriter writer;

    QuantizedLinear(GraphWriter writer) {
        this.writer = writer;
    }

    /** As {@link GraphWriter#linear}. */
    Value write(String name, Value x, Tensor weight, Optional<Tensor> bias) {
        Value given = writer.toFloat(x);
        Value scale;
        Value whole;
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor matrix = Tensors.to(weight, Dtype.FLOAT32);
            Int8Weights weights = Int8Weights.of(matrix, Int8Weights.LARGEST_WITHOUT_VNNI);
            scale = writer.constant(name + ".weight_scale", weights::scales);
            whole = writer.constant(
                    name + ".weight", ElementType.INT8, () -> weights.integers().t());
        }
        OnnxGraph graph = writer.graph();
        Value bytes = graph.fresh("DynamicQuantizeLinear", ElementType.UINT8, given.sizes());
        Value step = graph.fresh("DynamicQuantizeLinear", ElementType.FLOAT, List.of());
        Value zero = graph.fresh("DynamicQuantizeLinear", ElementType.UINT8, List.of());
        graph.add("DynamicQuantizeLinear", List.of(given), List.of(bytes, step, zero));
        List<Long> sizes = GraphWriter.product(given, whole);
        Value product = graph.add("MatMulInteger", ElementType.INT32, sizes, List.of(bytes, whole, zero));
        Value scaled = writer.mul(writer.toFloat(product), writer.mul(step, scale));
        return writer.biased(name, scaled, bias);
    }
}
