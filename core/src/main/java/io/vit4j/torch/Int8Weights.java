package io.vit4j.torch;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A matrix as whole numbers, each row with a factor of its own: {@code integers * scales} is the matrix, to half a factor. Zero stays
 * zero.
 *
 * @param integers {@code [out, in]} float32, from {@code -largest} to {@code largest}
 * @param scales {@code [out]} float32: a row's largest magnitude over {@code largest}
 */
public record Int8Weights(Tensor integers, Tensor scales) {
    /**
     * The largest weight whose products with bytes never overflow: x86 processors without VNNI add two of them in 16 bits, and 2 x 255
     * x 64 fits.
     */
    public static final int LARGEST_WITHOUT_VNNI = 64;

    /** The largest weight of 8 bits that has its opposite. */
    public static final int LARGEST = 127;

    private static final double SMALLEST_SCALE = 1e-30;

    /**
     * Rounds to the nearest, halves to even.
     *
     * @param matrix {@code [out, in]} float32
     * @param largest magnitude that the largest number of a row becomes
     */
    public static Int8Weights of(Tensor matrix, int largest) {
        Tensor scales = matrix.abs()
                .amax(new long[] {1}, false)
                .div(new Scalar((double) largest))
                .clamp_min(new Scalar(SMALLEST_SCALE));
        return new Int8Weights(torch.round(torch.div(matrix, scales.unsqueeze(1))), scales);
    }
}
