package io.vit4j.data;

import io.vit4j.base.InputException;

/** What the labels of a data set mean, under the names of {@code problem_type} in a checkpoint's configuration. */
public enum ProblemType {
    /** Any number of labels a picture: N-hot, one value a label, 0 or 1, NaN if it is unknown. */
    MULTI_LABEL("multi_label_classification"),
    /** Exactly one label a picture: one value, the class's number in the vocabulary. */
    SINGLE_LABEL("single_label_classification"),
    /** Numbers; one value a label. */
    REGRESSION("regression");

    private final String configName;

    ProblemType(String configName) {
        this.configName = configName;
    }

    /** The type of that name in a {@code config.json}. */
    public static ProblemType parse(String name) {
        for (ProblemType type : values()) {
            if (type.configName.equals(name)) {
                return type;
            }
        }
        throw new InputException("problem_type '" + name
                + "' is unknown; use multi_label_classification, single_label_classification or regression");
    }

    /**
     * How to interpret a checkpoint's outputs if its configuration does not say: with several outputs, the likeliest one is
     * right, as in transformers' image-classification pipeline.
     */
    public static ProblemType ofOutputs(int outputs) {
        return outputs > 1 ? SINGLE_LABEL : MULTI_LABEL;
    }

    /** Its name in {@code config.json}. */
    public String configName() {
        return configName;
    }

    /** How many values a sample's labels take, for a vocabulary of that size. */
    public int labelCount(int vocabularySize) {
        return this == SINGLE_LABEL ? 1 : vocabularySize;
    }
}
