package io.vit4j.walk;

import io.vit4j.model.Fixture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The walk gives the values that transformers computed. */
class TransformersValuesTest {
    @ParameterizedTest
    @ValueSource(strings = {"vit-micro", "vit-micro-nobias-tanh", "vit-tiny", "vit-nobias-tanh"})
    void logitsHiddenStatesAndAttentionsAreThoseOfTransformers(String name) {
        try (Fixture fixture = new Fixture(name)) {
            ReferenceValues.assertForward(fixture);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "vit-micro,5,false",
        "vit-micro,5,true",
        "vit-micro,2,false",
        "vit-micro-nobias-tanh,4,false",
        "vit-micro-nobias-tanh,1,true",
        "vit-tiny,6,false",
        "vit-tiny,6,true",
        "vit-tiny,4,false",
        "vit-nobias-tanh,6,false",
        "vit-nobias-tanh,1,true"
    })
    void lossAndEveryGradientAreThoseOfTransformersHoweverTheBatchIsCut(String name, int chunk, boolean recompute) {
        try (Fixture fixture = new Fixture(name)) {
            ReferenceValues.assertBackward(fixture, chunk, recompute);
        }
    }
}
