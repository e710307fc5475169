package io.vit4j.cli.plan;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.torch.TorchRuntime;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Small products on the thread that made it, as a lane computes them. */
final class MatrixProducts implements LinkRate.Computing.OnThread {
    private static final int ROWS = 197;
    private static final int INNER = 384;

    private final Tensor left;
    private final Tensor right;

    MatrixProducts() {
        TorchRuntime.useOneThreadHere();
        try (Scope scope = new Scope()) {
            left = scope.own(Tensors.zeros(Dtype.FLOAT32, Device.CPU, ROWS, INNER));
            right = scope.own(Tensors.zeros(Dtype.FLOAT32, Device.CPU, INNER, INNER));
        }
        run(10);
    }

    @Override
    public int unitsFor(double seconds) {
        int tried = 100;
        long start = System.nanoTime();
        run(tried);
        double each = (System.nanoTime() - start) / 1e9 / tried;
        return (int) Math.max(1, Math.round(seconds / each));
    }

    @Override
    public void run(int units) {
        try (Autograd off = Autograd.off()) {
            for (int i = 0; i < units; i++) {
                try (Scope each = new Scope()) {
                    torch.matmul(left, right);
                }
            }
        }
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}
