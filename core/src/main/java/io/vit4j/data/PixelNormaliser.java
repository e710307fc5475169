package io.vit4j.data;

import io.vit4j.image.Picture;
import java.nio.FloatBuffer;

/** Writes a picture as the numbers that a model takes; {@code ImageProcessor.normalise} is one. For several threads. */
@FunctionalInterface
public interface PixelNormaliser {
    /**
     * @param out takes {@code [channels, height, width]} values from its position, which is moved behind them
     * @param channels of the model; a grey picture is widened
     */
    void normalise(Picture picture, FloatBuffer out, int channels);
}
