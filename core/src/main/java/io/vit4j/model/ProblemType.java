package io.vit4j.model;

import io.vit4j.base.InputException;

/** What the labels mean, and so which loss fits; the names of {@code problem_type} in a {@code config.json}. */
public enum ProblemType {
    /** Any number of labels a picture; binary cross-entropy a label. */
    MULTI_LABEL("multi_label_classification"),
    /** Exactly one label a picture; cross-entropy. */
    SINGLE_LABEL("single_label_classification"),
    /** Numbers; mean squared error. */
    REGRESSION("regression");

    private final String label;

    ProblemType(String label) {
        this.label = label;
    }

    public static ProblemType parse(String name) {
        for (ProblemType type : values()) {
            if (type.label.equals(name)) {
                return type;
            }
        }
        throw new InputException("problem_type '" + name
                + "' is not known; give multi_label_classification, single_label_classification or regression");
    }

    @Override
    public String toString() {
        return label;
    }
}
