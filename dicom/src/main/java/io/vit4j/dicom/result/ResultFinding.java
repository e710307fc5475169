package io.vit4j.dicom.result;

import java.util.OptionalDouble;

/**
 * What a model says of one finding.
 *
 * @param label the model's name for it
 * @param probability from 0 to 1
 * @param present what was decided
 * @param threshold the least probability that is called present; empty if the most probable of all labels is
 */
public record ResultFinding(String label, double probability, boolean present, OptionalDouble threshold) {
    /** How the decision was made, in words. */
    String rule() {
        return threshold.isPresent()
                ? "present from a probability of " + Percent.plain(threshold.getAsDouble())
                : "present if the most probable of all labels";
    }
}
