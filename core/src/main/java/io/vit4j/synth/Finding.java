package io.vit4j.synth;

import java.util.Set;
import java.util.stream.Collectors;

/**
 * The fourteen findings of NIH ChestX-ray14 (Wang et al., CVPR 2017), in the alphabetical order in which its label file
 * joins them.
 */
public enum Finding {
    ATELECTASIS("Atelectasis"),
    CARDIOMEGALY("Cardiomegaly"),
    CONSOLIDATION("Consolidation"),
    EDEMA("Edema"),
    EFFUSION("Effusion"),
    EMPHYSEMA("Emphysema"),
    FIBROSIS("Fibrosis"),
    HERNIA("Hernia"),
    INFILTRATION("Infiltration"),
    MASS("Mass"),
    NODULE("Nodule"),
    PLEURAL_THICKENING("Pleural_Thickening"),
    PNEUMONIA("Pneumonia"),
    PNEUMOTHORAX("Pneumothorax");

    /** The label of an X-ray without any of them. */
    public static final String NO_FINDING = "No Finding";

    private final String label;

    Finding(String label) {
        this.label = label;
    }

    /** As the label file writes it. */
    public String label() {
        return label;
    }

    /** The label file's cell: the findings in order, joined by {@code |}, or {@code No Finding}. */
    public static String cell(Set<Finding> findings) {
        return findings.isEmpty()
                ? NO_FINDING
                : findings.stream().sorted().map(Finding::label).collect(Collectors.joining("|"));
    }
}
