package io.vit4j.data;

/** What the labels of a data set mean, under the names of {@code problem_type} in a checkpoint's configuration. */
public enum ProblemType {
    /** Any number of labels a picture: N-hot, one value a label, 0 or 1, NaN where it is unknown. */
    MULTI_LABEL("multi_label_classification"),
    /** Exactly one label a picture: one value, the class's number in the vocabulary. */
    SINGLE_LABEL("single_label_classification");

    private final String configName;

    ProblemType(String configName) {
        this.configName = configName;
    }

    /** As it stands in {@code config.json}. */
    public String configName() {
        return configName;
    }

    /** How many values a sample's labels take, for a vocabulary of that size. */
    public int labelCount(int vocabularySize) {
        return this == MULTI_LABEL ? vocabularySize : 1;
    }
}
