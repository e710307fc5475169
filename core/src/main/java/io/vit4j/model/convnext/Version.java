package io.vit4j.model.convnext;

/** Which of the two families: their networks differ within a layer alone. */
enum Version {
    /** Liu et al. 2022: what a layer adds is scaled, channel by channel. */
    V1("convnext", "ConvNextForImageClassification", "ConvNeXt"),
    /** Woo et al. 2023: a global response normalisation within a layer instead. */
    V2("convnextv2", "ConvNextV2ForImageClassification", "ConvNeXt V2");

    private final String modelType;
    private final String architecture;
    private final String title;

    Version(String modelType, String architecture, String title) {
        this.modelType = modelType;
        this.architecture = architecture;
        this.title = title;
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
}
