package io.vit4j.torch;

import io.vit4j.base.InputException;
import java.util.OptionalInt;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What this processor and this build of libtorch multiply of 8-bit integers, found by trying: the largest bytes by the largest weights, whose sum
 * is known.
 */
final class Int8Kernels {
    private static final int LARGEST_BYTE = 255;

    /** More than any vector holds, and not a multiple of its length. */
    private static final int IN = 1021;

    private static final int OUT = 67;
    private static final int ROWS = 5;

    private Int8Kernels() {}

    /** The largest weight of which no product overflows; InputException if there are no kernels. */
    static int largestWeight() {
        return Tried.LARGEST.orElseThrow(
                () -> new InputException("--dtype int8 needs oneDNN's products of 8-bit integers,"
                        + " which this processor or this build of libtorch lacks (" + Tried.why + "); use float32"));
    }

    private static final class Tried {
        private static String why = "";
        static final OptionalInt LARGEST = largest();

        private static OptionalInt largest() {
            TorchRuntime.load();
            String processor = System.getProperty("os.arch");
            if (!processor.matches("amd64|x86_64")) {
                why = "it has them on x86 only, and this is " + processor;
                return OptionalInt.empty();
            }
            if (!torch.hasMKLDNN()) {
                why = "it was built without oneDNN";
                return OptionalInt.empty();
            }
            try {
                for (int weight : new int[] {Int8Weights.LARGEST, Int8Weights.LARGEST_WITHOUT_VNNI}) {
                    if (multipliesExactly(weight)) {
                        return OptionalInt.of(weight);
                    }
                }
                why = "sums are wrong";
            } catch (RuntimeException e) {
                why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            }
            return OptionalInt.empty();
        }
    }

    private static boolean multipliesExactly(int weight) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor ones = Tensors.zeros(Dtype.FLOAT32, Device.CPU, OUT).add(new Scalar(1.0));
            Tensor integers = Tensors.zeros(Dtype.FLOAT32, Device.CPU, OUT, IN).add(new Scalar((double) weight));
            Tensor bytes = Tensors.zeros(Dtype.FLOAT32, Device.CPU, ROWS, IN + 2L * Float.BYTES)
                    .add(new Scalar((double) LARGEST_BYTE))
                    .to(ScalarType.Byte);
            try (Int8Linear map = Int8Linear.of(new Int8Weights(integers, ones))) {
                for (float sum : Tensors.toFloats(map.product(bytes))) {
                    if (sum != (float) LARGEST_BYTE * weight * IN) {
                        return false;
                    }
                }
            }
            return true;
        }
    }
}
