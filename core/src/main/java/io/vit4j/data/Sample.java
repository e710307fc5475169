package io.vit4j.data;

import io.vit4j.image.Picture;

/**
 * One picture and what is known of it.
 *
 * @param file its name, for messages and predictions
 * @param picture already resized to the data set's size
 * @param labels one value a label: 0 or 1 (multi-label, N-hot), NaN where it is unknown and must not be learned from;
 *     a single class number or a regression target is held as the model's loss expects it
 */
public record Sample(String file, Picture picture, float[] labels) {}
