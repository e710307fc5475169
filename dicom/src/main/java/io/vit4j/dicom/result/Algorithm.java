package io.vit4j.dicom.result;

import java.util.List;

/**
 * The model as results name it (TID 4019).
 *
 * @param name such as that of the model's folder
 * @param version by which one model is told from another: a digest of its weights and settings
 * @param software the program's version
 * @param parameters how the model was used, if not as usual
 */
public record Algorithm(String name, String version, String software, List<String> parameters) {
    /** The maker that results name. */
    static final String MANUFACTURER = "vit4j";

    /** Copies the parameters. */
    public Algorithm {
        parameters = List.copyOf(parameters);
    }

    /** What tells the model and its use from others. */
    String identity() {
        return version + " " + String.join(" ", parameters);
    }
}
