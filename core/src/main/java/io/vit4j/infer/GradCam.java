package io.vit4j.infer;

import io.vit4j.model.FeatureMap;

/**
 * Gradient-weighted class activation (Selvaraju et al. 2017, equations 1 and 2): each channel of the last feature map weighs what the
 * label's logit gains by it on average, and what speaks for the label is kept.
 */
final class GradCam {
    private GradCam() {}

    /**
     * The map {@code max(0, sum over channels of weight * feature)}, where a channel's weight is the mean over all places of the
     * gradient.
     *
     * @param features of one picture, as the map says
     * @param gradient of the label's logit with respect to them
     */
    static Heatmap of(FeatureMap map, float[] features, float[] gradient) {
        float[] values = new float[map.places()];
        for (int channel = 0; channel < map.channels(); channel++) {
            double sum = 0;
            for (int place = 0; place < map.places(); place++) {
                sum += gradient[map.at(place, channel)];
            }
            float weight = (float) (sum / map.places());
            for (int place = 0; place < map.places(); place++) {
                values[place] += weight * features[map.at(place, channel)];
            }
        }
        for (int place = 0; place < values.length; place++) {
            values[place] = Math.max(0, values[place]);
        }
        return new Heatmap(map.rows(), map.columns(), values);
    }
}
