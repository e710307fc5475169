package io.vit4j.model.swin;

/** Which of the two families. */
enum Version {
    /** Liu et al. 2021: scaled dot products and a table of position biases, norms before each part. */
    V1("swin", "SwinForImageClassification", "Swin Transformer", -100),
    /** Liu et al. 2022: cosines and position biases of a small network, norms after each part. */
    V2("swinv2", "Swinv2ForImageClassification", "Swin Transformer V2", -200);

    private final String modelType;
    private final String architecture;
    private final String title;
    private final double apart;

    Version(String modelType, String architecture, String title, double apart) {
        this.modelType = modelType;
        this.architecture = architecture;
        this.title = title;
        this.apart = apart;
    }

    /** {@return its name in {@code config.json}, and in front of its weights' names} */
    String modelType() {
        return modelType;
    }

    /** {@return transformers' class with a classifier} */
    String architecture() {
        return architecture;
    }

    /** {@return its name for people} */
    String title() {
        return title;
    }

    /** {@return what is added to the score of two places that only the cyclic shift made neighbours; transformers adds its -100 twice in V2} */
    double apart() {
        return apart;
    }
}
