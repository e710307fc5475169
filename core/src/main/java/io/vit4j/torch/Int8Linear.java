package io.vit4j.torch;

import io.vit4j.base.InputException;
import java.util.Optional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A linear map {@code x W' + b} that multiplies 8-bit integers. Every output has a factor for its weights ({@link Int8Weights}), and every row
 * of {@code x} becomes bytes from its own minimum to its own maximum when it comes: so a row's result does not depend on the rows beside it.
 *
 * <p>With {@code x = s q + m} for a row, and {@code W = w V} for an output, {@code x W' = s w (q V') + m w sum(V)}. FBGEMM makes the bytes
 * {@code q} of a row in one pass, oneDNN multiplies {@code q V'} and scales it by {@code w}, and two passes do the rest in float32. For weights
 * that do not move, on a CPU; there is no derivative.
 */
public final class Int8Linear implements LinearMap {
    /** What FBGEMM writes behind a row's bytes: its factor {@code s} and its minimum {@code m}, float32 each. */
    private static final int FACTORS = 2 * Float.BYTES;

    static {
        TorchRuntime.load(); // before what follows does
    }

    private static final IValue NOTHING = kept(new IValue());
    private static final IValue ONE = kept(new IValue(1.0));
    private static final IValue ZERO = kept(new IValue(0L));
    private static final IValue FLOAT = kept(new IValue((long) ScalarType.Float.value));
    private static final IValue NONE = kept(new IValue("none"));

    private final long in;
    private final Tensor packed; // [out, in + FACTORS] in oneDNN's layout; what meets the factors is zero
    private final Tensor scales; // [out], w
    private final Tensor zeroPoints; // [out], all 0
    private final Tensor sums; // [out], w sum(V)

    private Int8Linear(long in, Tensor packed, Tensor scales, Tensor zeroPoints, Tensor sums) {
        this.in = in;
        this.packed = packed;
        this.scales = scales;
        this.zeroPoints = zeroPoints;
        this.sums = sums;
    }

    /**
     * Checks that such products can be computed; the kernels are tried, once in a process.
     *
     * @throws InputException if they cannot, with the reason
     */
    public static void requireSupported(Device device) {
        if (!device.isCpu()) {
            throw new InputException(
                    "int8 is computed on CPUs only, not on " + device + "; use --device cpu, or another --dtype");
        }
        Int8Kernels.largestWeight();
    }

    /**
     * The map of a matrix; {@link #requireSupported} has been asked.
     *
     * @param weight {@code [out, in]} float32
     */
    public static Int8Linear of(Tensor weight) {
        return of(Int8Weights.of(weight, Int8Kernels.largestWeight()));
    }

    static Int8Linear of(Int8Weights weights) {
        try (Scope scope = new Scope()) {
            Tensor integers = weights.integers();
            long out = integers.size(0);
            Tensor beside = integers.new_zeros(new long[] {out, FACTORS});
            Tensor bytes = torch.cat(new TensorVector(integers, beside), 1).to(ScalarType.Char);
            return new Int8Linear(
                    integers.size(1),
                    scope.own(new Tensor(Pack.OPERATOR
                            .call(new IValue(bytes), NOTHING)
                            .get(0)
                            .toTensor())),
                    scope.own(weights.scales().clone()),
                    scope.own(integers.new_zeros(new long[] {out}).to(ScalarType.Int)),
                    scope.own(integers.sum(new long[] {1}).mul(weights.scales())));
        }
    }

    @Override
    public Tensor forward(Tensor x, Optional<Tensor> bias) {
        try (Scope scope = new Scope()) {
            Tensor given = Tensors.to(x, Dtype.FLOAT32).reshape(-1, in);
            Tensor rows = rows(given); // [rows, in + FACTORS]
            Tensor factors = rows.narrow(1, in, FACTORS)
                    .flatten()
                    .clone()
                    .view(ScalarType.Float)
                    .view(-1, 2);
            Tensor product = product(rows);
            Tensor factor = torch.add(factors.narrow(1, 0, 1), nanOrZero(given)); // [rows, 1]
            if (bias.isPresent()) {
                torch.addcmul_out(product, bias.get(), product, factor);
            } else {
                product.mul_(factor);
            }
            product.addcmul_(factors.narrow(1, 1, 1), sums);
            long[] shape = x.shape();
            shape[shape.length - 1] = scales.numel();
            return scope.keep(product.view(shape));
        }
    }

    /** NaN of a row that has one, which FBGEMM passes over; {@code [rows, 1]}. */
    private static Tensor nanOrZero(Tensor rows) {
        return rows.amax(new long[] {1}, true).mul(new Scalar(0.0));
    }

    /**
     * Each row as bytes, behind them its factor and its minimum.
     *
     * @param x {@code [rows, in]} float32
     * @return {@code [rows, in + 8]} bytes
     */
    static Tensor rows(Tensor x) {
        return new Tensor(Rows.OPERATOR.call(new IValue(x)).get(0).toTensor());
    }

    /** {@code w (q V')}, {@code [rows, out]} float32. */
    Tensor product(Tensor rows) {
        return new Tensor(Product.OPERATOR
                .call(
                        new IValue(rows),
                        ONE, // of x: scale and zero point
                        ZERO,
                        new IValue(packed),
                        new IValue(scales),
                        new IValue(zeroPoints),
                        NOTHING, // bias
                        ONE, // of what comes out: scale, zero point, type
                        ZERO,
                        FLOAT,
                        NONE, // what is done with it, with which numbers, in which way
                        Product.NO_NUMBERS,
                        NONE)
                .get(0)
                .toTensor());
    }

    @Override
    public void close() {
        packed.close();
        scales.close();
        zeroPoints.close();
        sums.close();
    }

    private static IValue kept(IValue constant) {
        constant.retainReference(); // past the scope that is open here
        return constant;
    }

    private static final class Rows {
        static final Operator OPERATOR = Operator.named("quantized::embedding_bag_byte_prepack", "");
    }

    private static final class Pack {
        static final Operator OPERATOR = Operator.named("onednn::qlinear_prepack", "");
    }

    private static final class Product {
        static final Operator OPERATOR = Operator.named("onednn::qlinear_pointwise", "");

        static final IValue NO_NUMBERS = kept(OPERATOR.emptyList(11));
    }
}
