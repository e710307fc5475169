package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;
import io.vit4j.image.operations.ElasticTransform;

/**
 * Every pixel is moved by a random way that neighbours nearly share, as torchvision's {@code ElasticTransform}.
 *
 * @param alpha how far, in pixels before smoothing
 * @param sigma pixels over which ways are smoothed
 */
record RandomElastic(double alpha, double sigma) implements ImageTransform {
    @Override
    public Picture apply(Picture picture, RandomKey key) {
        int width = picture.width();
        int height = picture.height();
        return ElasticTransform.apply(
                picture,
                ElasticTransform.displacement(
                        noise(width * height, key.with("right")), height, width, alpha, sigma, height),
                ElasticTransform.displacement(
                        noise(width * height, key.with("down")), height, width, alpha, sigma, width));
    }

    private static float[] noise(int count, RandomKey key) {
        RandomKey.Stream random = key.stream();
        float[] noise = new float[count];
        for (int i = 0; i < count; i++) {
            noise[i] = (float) RandomAffine.signed(random);
        }
        return noise;
    }
}
