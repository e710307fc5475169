package io.vit4j.model;

import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Inverted dropout (Srivastava et al. 2014), and stochastic depth (Huang et al. 2016), whose masks are functions of step, sample and
 * place alone.
 */
public final class Dropouts {
    private Dropouts() {}

    /**
     * Drops numbers and scales the rest, in training alone.
     *
     * @param x {@code [batch, ...]}, one row a sample of the context's
     * @param place within the model: places drop independently
     */
    public static Tensor drop(Tensor x, double probability, String place, Context context) {
        return dropsNothing(probability, context) ? x : masked(x, x.shape(), probability, place, context);
    }

    /**
     * Drops all numbers of some samples and scales the other samples, in training alone: stochastic depth, applied to what a residual
     * connection adds.
     *
     * @param x {@code [batch, ...]}, one row a sample of the context's
     * @param place within the model: places drop independently
     */
    public static Tensor dropPath(Tensor x, double probability, String place, Context context) {
        if (dropsNothing(probability, context)) {
            return x;
        }
        long[] shape = x.shape();
        Arrays.fill(shape, 1, shape.length, 1);
        return masked(x, shape, probability, place, context);
    }

    private static boolean dropsNothing(double probability, Context context) {
        return probability == 0 || context.dropout().isEmpty();
    }

    private static Tensor masked(Tensor x, long[] maskShape, double probability, String place, Context context) {
        Context.Dropout dropout = context.dropout().orElseThrow();
        Tensor mask = Tensors.empty(Dtype.FLOAT32, Device.CPU, maskShape);
        for (int i = 0; i < maskShape[0]; i++) {
            long key = dropout.step().with(place).with(dropout.samples()[i]).key();
            Tensors.fillBernoulli(mask.select(0, i), 1 - probability, key);
        }
        Tensor scale = torch.mul(mask, new Scalar(1 / (1 - probability)));
        return torch.mul(x, scale.to(x.device(), x.scalar_type()));
    }
}
