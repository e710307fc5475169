package io.vit4j.train.arguments;

import java.util.Map;

/** How much positive labels ({@code pos_weight}) or classes ({@code class_weight}) weigh in the loss. */
public sealed interface LabelWeights {
    /** By the training split's counts: negatives over positives, or the mean count over the class's own. */
    record Balanced() implements LabelWeights {}

    /** The same weight for all. */
    record Uniform(double weight) implements LabelWeights {}

    /** By label name; labels that are not named weigh 1. */
    record ByLabel(Map<String, Double> weights) implements LabelWeights {}
}
