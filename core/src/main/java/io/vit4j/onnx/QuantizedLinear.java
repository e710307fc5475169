package io.vit4j.onnx;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A linear map over whole numbers, in the nodes that onnxruntime's dynamic quantisation writes and fuses: {@code DynamicQuantizeLinear},
 * {@code MatMulInteger}, and a scale for each output.
 *
 * <p>Weights go from -64 to 64, as with its {@code reduce_range}: x86 processors without VNNI add two products in 16 bits, where larger weights would
 * saturate.
 */
final class QuantizedLinear {
    private static final double LARGEST = 64;
    private static final double SMALLEST_SCALE = 1e-30;

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
            Tensor scales = matrix.abs()
                    .amax(new long[] {1}, false)
                    .div(new Scalar(LARGEST))
                    .clamp_min(new Scalar(SMALLEST_SCALE));
            scale = writer.constant(name + ".weight_scale", () -> scales);
            whole = writer.constant(
                    name + ".weight",
                    ElementType.INT8,
                    () -> torch.round(torch.div(matrix, scales.unsqueeze(1))).t());
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
