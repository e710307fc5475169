package io.vit4j.synth;

import java.util.Set;
import java.util.stream.Collectors;

/**
 * The fourteen findings of NIH ChestX-ray14 (Wang et al., CVPR 2017), in the alphabetical order in which its label file
 * joins them.
 */
public enum Finding {
    /** Lung tissue without air: a band or wedge of density, and a lung drawn together. */
    ATELECTASIS("Atelectasis"),
    /** A large heart. */
    CARDIOMEGALY("Cardiomegaly"),
    /** Airspaces filled, so that a patch of lung is white. */
    CONSOLIDATION("Consolidation"),
    /** Fluid in the lungs: haze spreading from the hila, and thickened lines. */
    EDEMA("Edema"),
    /** Fluid around a lung: a white base with a curved upper edge. */
    EFFUSION("Effusion"),
    /** Overblown lungs: large, dark, with a flat diaphragm. */
    EMPHYSEMA("Emphysema"),
    /** Scars: a net of fine lines. */
    FIBROSIS("Fibrosis"),
    /** Stomach above the diaphragm: a round shade, often with a bubble, behind the heart. */
    HERNIA("Hernia"),
    /** Ill-defined haze. */
    INFILTRATION("Infiltration"),
    /** A round density of more than 3 cm. */
    MASS("Mass"),
    /** A round density of up to 3 cm. */
    NODULE("Nodule"),
    /** A white rim along the chest wall. */
    PLEURAL_THICKENING("Pleural_Thickening"),
    /** Inflammation: a patch of density in one lobe. */
    PNEUMONIA("Pneumonia"),
    /** Air around a lung: a dark rim without vessels, beyond a fine line. */
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
