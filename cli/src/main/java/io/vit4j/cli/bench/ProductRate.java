package io.vit4j.cli.bench;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Lanes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The ceiling of a walk: how fast this machine multiplies {@code [1576, 768]} by {@code [768, 3072]}, the product that
 * fills most of ViT-B/16 at batch 8, on every lane at once as the walk computes, each lane on one thread.
 */
public final class ProductRate implements AutoCloseable {
    /** Products a lane whose median is the rate. */
    public static final int PRODUCTS = 50;

    private static final int ROWS = 1576;
    private static final int INNER = 768;
    private static final int COLUMNS = 3072;
    private static final double OPERATIONS = 2.0 * ROWS * INNER * COLUMNS;
    private static final int WARM_UP = 3;

    private final Lanes lanes;
    private final List<Tensor> left = new ArrayList<>();
    private final List<Tensor> right = new ArrayList<>();
    private final List<Double> rates = new ArrayList<>();

    public ProductRate(Dtype dtype, Lanes lanes) {
        this.lanes = lanes;
        try (Scope scope = new Scope()) {
            for (int lane = 0; lane < lanes.count(); lane++) {
                left.add(scope.own(normal(dtype, 2 * lane, ROWS, INNER)));
                right.add(scope.own(normal(dtype, 2 * lane + 1, INNER, COLUMNS)));
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
        double[][] perLane = new double[lanes.count()][products];
        lanes.run(lane -> {
            try (Autograd off = Autograd.off()) {
                for (int i = 0; i < products; i++) {
                    try (Scope each = new Scope()) {
                        long start = System.nanoTime();
                        torch.matmul(left.get(lane), right.get(lane));
                        perLane[lane][i] = OPERATIONS / ((System.nanoTime() - start) / 1e9);
                    }
                }
            }
        });
        for (int i = 0; i < products; i++) {
            int product = i;
            rates.add(Arrays.stream(perLane).mapToDouble(lane -> lane[product]).sum());
        }
    }

    /** Operations a second of all lanes together, a multiplication and an addition counted as two. */
    public double median() {
        return Timings.quantile(rates.stream().mapToDouble(Double::doubleValue).toArray(), 0.5);
    }

    public double best() {
        return Timings.quantile(rates.stream().mapToDouble(Double::doubleValue).toArray(), 1);
    }

    @Override
    public void close() {
        left.forEach(Tensor::close);
        right.forEach(Tensor::close);
    }
}
