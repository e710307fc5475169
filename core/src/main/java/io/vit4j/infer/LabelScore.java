package io.vit4j.infer;

/**
 * What a model says of one label.
 *
 * @param label its name
 * @param score its probability, of the logit divided by the temperature: by sigmoid for multi-label models, by softmax for
 *     single-label ones; the number itself for regression
 * @param logit the model's raw output
 * @param present whether the score reaches the label's threshold; of single-label models, whether it also is the highest
 * @param threshold the least score that is called present; NaN if none is, as in regression without thresholds
 */
public record LabelScore(String label, double score, double logit, boolean present, double threshold) {}
