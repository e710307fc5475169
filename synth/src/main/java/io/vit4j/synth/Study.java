package io.vit4j.synth;

import io.vit4j.base.RandomKey;
import java.util.Locale;
import java.util.Set;

/**
 * One picture of a release, before it is drawn: a row of its label file.
 *
 * @param patient the patient's number, from 1
 * @param followUp how many pictures of this patient came before
 * @param age in years
 * @param female the patient's sex
 * @param portable true for a picture taken from the front in bed (AP), false for one taken from behind, standing (PA)
 * @param findings what is drawn into it; none for "No Finding"
 */
public record Study(int patient, int followUp, int age, boolean female, boolean portable, Set<Finding> findings) {
    /** Copies the findings. */
    public Study {
        if (patient < 1 || followUp < 0) {
            throw new IllegalArgumentException("patient " + patient + ", follow-up " + followUp);
        }
        findings = Set.copyOf(findings);
    }

    /** As the release names it: {@code 00000001_000.png}. */
    public String fileName() {
        return String.format(Locale.ROOT, "%08d_%03d.png", patient, followUp);
    }

    /** The same picture with other findings: whatever they do not touch stays as it was. */
    public Study with(Set<Finding> others) {
        return new Study(patient, followUp, age, female, portable, others);
    }

    /** Names what all pictures of this patient share. */
    RandomKey patientKey(long seed) {
        return RandomKey.of(seed).with("patient").with(patient);
    }

    /** Names what belongs to this picture alone. */
    RandomKey pictureKey(long seed) {
        return patientKey(seed).with("picture").with(followUp);
    }
}
