package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.InputException;
import io.vit4j.infer.Explanation;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each ability of training and explaining, by each family: it works, with the losses of a plain run, or is refused with a reason.
 * Layouts are FamilyTrainingTest's.
 */
class FamilyAbilitiesTest {
    @TempDir
    Path folder;

    private static Stream<SmallFamily> families() {
        return SmallFamily.all();
    }

    /** One of each kind of block; the others are made of these. */
    private static Stream<SmallFamily> kinds() {
        Set<String> kinds = Set.of("swinv2", "convnextv2", "dinov2", "eva02", "timm_vit", "data2vec-vision");
        return SmallFamily.all().filter(family -> kinds.contains(family.name()));
    }

    private RankedRun run(SmallFamily family, String name) {
        return new RankedRun(folder.resolve(name))
                .model(family.definition())
                .training(TinyRun.pictures(16, 1))
                .evaluation(TinyRun.pictures(2, 2))
                .with("max_steps", "2")
                .with("learning_rate", "3e-4");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everyWayOfTrainingHasTheLossesOfAPlainOne(SmallFamily family) {
        List<Double> plain = run(family, "plain").run().losses();
        SoftAssertions softly = new SoftAssertions();
        RankedRun inParts = run(family, "parts")
                .with("threads", "2")
                .with("gradient_checkpointing", "true")
                .with("per_device_train_batch_size", "4")
                .with("gradient_accumulation_steps", "2");
        assertClose(softly, "lanes, recomputation and accumulation", inParts, plain, 1e-5);
        for (String dtype : List.of("bfloat16", "float16")) {
            assertClose(softly, dtype, run(family, dtype).with("dtype", dtype), plain, 0.03);
        }
        softly.assertAll();
    }

    private static void assertClose(
            SoftAssertions softly, String ability, RankedRun run, List<Double> plain, double most) {
        List<Double> losses = run.run().losses();
        softly.assertThat(losses).as(ability).hasSameSizeAs(plain);
        for (int i = 0; i < plain.size(); i++) {
            softly.assertThat(losses.get(i)).as(ability).isCloseTo(plain.get(i), within(most));
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void featuresOfAFrozenBackboneAreComputedOnce(SmallFamily family) throws IOException {
        SmallFamily still = family.withoutDropout();
        run(still, "frozen")
                .withoutAugmentation()
                .with("freeze_backbone", "true")
                .run();
        try (Stream<Path> features = Files.list(folder.resolve("frozen/features"))) {
            assertThat(features).isNotEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyWayOfExplainingWorksOrSaysWhyNot(SmallFamily family) {
        try (VisionModel model = VisionModel.fromScratch(family.definition(), Device.CPU, 7);
                Explanation explanation = new Explanation(model)) {
            int working = 0;
            for (Explanation.Method method : Explanation.Method.values()) {
                try {
                    float[] shares = explanation
                            .of(TinyRun.pictures(1, 3).get(0).picture(), 0, method)
                            .heatmap()
                            .values();
                    assertThat(shares).as(method.toString()).isNotEmpty();
                    working++;
                } catch (InputException refused) {
                    assertThat(refused).as(method.toString()).hasMessageContaining("; use ");
                }
            }
            assertThat(working).isGreaterThanOrEqualTo(2); // Grad-CAM, and gradient times input
        }
    }
}
