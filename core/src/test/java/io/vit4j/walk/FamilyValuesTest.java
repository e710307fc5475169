package io.vit4j.walk;

import io.vit4j.Shared;
import io.vit4j.model.Fixture;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every family gives the values that transformers computed of its small models: of those in the repository, and of those beside it
 * where it is developed.
 */
class FamilyValuesTest {
    private static Stream<String> families() {
        return Stream.of( //
                "beit", //
                "beit_shared", //
                "data2vec-vision", //
                "deit", //
                "deit_distilled", //
                "vit_msn", //
                "vit_mae_encoder", //
                "clip", //
                "siglip", //
                "dinov2", //
                "dinov2_swiglu", //
                "dinov2_with_registers", //
                "dinov3", //
                "dinov3_gated", //
                "swin", //
                "swinv2", //
                "convnext", //
                "convnextv2");
    }

    private static Stream<Path> fixtures() {
        return families().flatMap(Shared::family);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void logitsHiddenStatesAndAttentionsAreThoseOfTransformers(Path folder) {
        try (Fixture fixture = new Fixture(folder)) {
            ReferenceValues.assertForward(fixture);
        }
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void lossAndEveryGradientAreThoseOfTransformers(Path folder) {
        try (Fixture fixture = new Fixture(folder)) {
            ReferenceValues.assertBackward(fixture, Integer.MAX_VALUE, false);
        }
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void soTheyAreIfTheBatchIsCutInPartsAndRecomputed(Path folder) {
        try (Fixture fixture = new Fixture(folder)) {
            ReferenceValues.assertBackward(fixture, 3, true);
        }
    }
}
