package io.vit4j.infer;

import io.vit4j.base.InputException;
import java.util.List;
import java.util.Optional;

/**
 * The result for one of several pictures: its scores, or why it could not be read.
 *
 * @param name of the picture
 * @param scores one per label, highest first; empty if it could not be read
 * @param fault what is wrong with the picture
 */
public record Classification(String name, List<LabelScore> scores, Optional<InputException> fault) {
    /** Copies the scores. */
    public Classification {
        scores = List.copyOf(scores);
    }

    /** The scores; throws the fault if there are none. */
    public List<LabelScore> orThrow() {
        if (fault.isPresent()) {
            throw fault.get();
        }
        return scores;
    }
}
