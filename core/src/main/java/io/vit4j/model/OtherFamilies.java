package io.vit4j.model;

import java.util.Map;

/** Families that people bring and that no architecture on the class path reads, named for what they are. */
final class OtherFamilies {
    private static final Map<String, String> KNOWN = Map.ofEntries(
            Map.entry("resnet", "ResNet, a convolutional network; take a vision transformer"),
            Map.entry("efficientnet", "EfficientNet, a convolutional network; take a vision transformer"));

    private OtherFamilies() {}

    /** What a family is and what to do, for a message that goes on with the known ones. */
    static String describe(String modelType) {
        return KNOWN.getOrDefault(modelType, "which no known architecture reads");
    }
}
