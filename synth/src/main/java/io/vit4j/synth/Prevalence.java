package io.vit4j.synth;

import io.vit4j.base.InputException;
import java.util.Locale;

/** How often each finding is drawn. */
public enum Prevalence {
    /** Every finding in about a sixth of the pictures, up to four in one, none in about a sixth: enough to learn from. */
    BALANCED,
    /** Findings, their combinations and pictures per patient as often as in NIH ChestX-ray14: half show none. */
    NIH;

    /** As the command line writes it: {@code balanced} or {@code nih}. */
    public static Prevalence of(String word) {
        for (Prevalence prevalence : values()) {
            if (prevalence.word().equals(word.toLowerCase(Locale.ROOT))) {
                return prevalence;
            }
        }
        throw new InputException("--prevalence " + word + ": is neither balanced nor nih; choose one of them");
    }

    /** As the command line writes it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
