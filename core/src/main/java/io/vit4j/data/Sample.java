package io.vit4j.data;

import io.vit4j.image.Picture;

/**
 * One picture and what is known of it.
 *
 * @param file its name, for messages and predictions
 * @param picture already resized to the data set's size
 * @param labels multi-label: one value a label, 0 or 1 (N-hot), NaN if it is unknown and must not be learned from;
 *     single-label: one value, the class's number in the vocabulary; regression: the targets
 */
public record Sample(String file, Picture picture, float[] labels) {}
