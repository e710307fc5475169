package io.vit4j.cli.bench;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Int8Linear;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.walk.Lanes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The ceiling of a walk: how fast this machine multiplies {@code [1576, 768]} by {@code [768, 3072]}, the product that
 * fills most of ViT-B/16 at batch 8, on every lane at once as the walk computes, each lane on one thread.
 */
public final class ProductRate implements AutoCloseable {
    private static final int ROWS = 1576;
    private static final int ROWS_IF_SLOW = 16;
    private static final int INNER = 768;
    private static final int COLUMNS = 3072;
    private static final int TOKENS = 197;
    private static final int WARM_UP = 3;

    private final Lanes lanes;
    private final boolean waitsForEach;
    private final double operations;
    private final List<Tensor> left = new ArrayList<>();
    private final List<Tensor> right = new ArrayList<>();
    private final List<Int8Linear> quantized = new ArrayList<>(); // instead of what is on the right
    private final List<Double> rates = new ArrayList<>();

    /**
     * Products on the CPU, by all lanes at once. A type that the processor has no instructions for is multiplied in a loop a few hundred
     * times more slowly; there, fewer rows show the same rate.
     */
    public ProductRate(Dtype dtype, Lanes lanes) {
        this(dtype, Device.CPU, lanes, dtype == Dtype.BFLOAT16 && !TorchRuntime.cpuHasBfloat16() ? ROWS_IF_SLOW : ROWS);
    }

    /** The same of a GPU, with as many rows as a batch of {@code pictures} of ViT-B/16 has tokens. */
    public static ProductRate onGpu(Dtype dtype, Device gpu, Lanes lanes, int pictures) {
        return new ProductRate(dtype, gpu, lanes, Math.multiplyExact(pictures, TOKENS));
    }

    private ProductRate(Dtype dtype, Device device, Lanes lanes, int rows) {
        this.lanes = lanes;
        waitsForEach = device.isCpu();
        operations = 2.0 * rows * INNER * COLUMNS;
        try (Scope scope = new Scope()) {
            for (int lane = 0; lane < lanes.count(); lane++) {
                Dtype given = dtype.activations();
                left.add(scope.own(Tensors.to(normal(given, 2 * lane, rows, INNER), device)));
                Tensor other = Tensors.to(normal(given, 2 * lane + 1, INNER, COLUMNS), device);
                if (dtype == Dtype.INT8) {
                    Int8Linear.requireSupported(device);
                    quantized.add(Int8Linear.of(other.t()));
                } else {
                    right.add(scope.own(other));
                }
            }
        }
        measure(WARM_UP);
        rates.clear();
    }

    private static Tensor normal(Dtype dtype, long seed, long rows, long columns) {
        Tensor numbers = Tensors.empty(Dtype.FLOAT32, Device.CPU, rows, columns);
        Tensors.fillNormal(numbers, 0, 1, seed);
        return Tensors.to(numbers, dtype);
    }

    /** Takes that many products on every lane, side by side. */
    public void measure(int products) {
        if (!waitsForEach) {
            measureTogether(products);
            return;
        }
        double[][] perLane = new double[lanes.count()][products];
        lanes.run(lane -> {
            try (Autograd off = Autograd.off()) {
                for (int i = 0; i < products; i++) {
                    try (Scope each = new Scope()) {
                        long start = System.nanoTime();
                        multiply(lane);
                        perLane[lane][i] = operations / ((System.nanoTime() - start) / 1e9);
                    }
                }
            }
        });
        for (int i = 0; i < products; i++) {
            int product = i;
            rates.add(Arrays.stream(perLane).mapToDouble(lane -> lane[product]).sum());
        }
    }

    private Tensor multiply(int lane) {
        return quantized.isEmpty()
                ? torch.matmul(left.get(lane), right.get(lane))
                : quantized.get(lane).forward(left.get(lane), Optional.empty());
    }

    /** A GPU is asked for all products before the first is there: their mean is one measurement. */
    private void measureTogether(int products) {
        lanes.run(lane -> {
            try (Autograd off = Autograd.off()) {
                finish(multiply(lane));
                long start = System.nanoTime();
                for (int i = 0; i < products; i++) {
                    try (Scope each = new Scope()) {
                        Tensor product = multiply(lane);
                        if (i == products - 1) {
                            finish(product);
                        }
                    }
                }
                rates.add(products * operations / ((System.nanoTime() - start) / 1e9));
            }
        });
    }

    private static void finish(Tensor product) {
        Tensors.item(product.select(0, 0).select(0, 0));
    }

    /** Operations a second of all lanes together, a multiplication and an addition counted as two. */
    public double median() {
        return Timings.quantile(rates.stream().mapToDouble(Double::doubleValue).toArray(), 0.5);
    }

    /** The highest rate that was measured, in FLOPs a second. */
    public double best() {
        return Timings.quantile(rates.stream().mapToDouble(Double::doubleValue).toArray(), 1);
    }

    @Override
    public void close() {
        left.forEach(Tensor::close);
        right.forEach(Tensor::close);
        quantized.forEach(Int8Linear::close);
    }
}
