package io.vit4j.model.dinov3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.RandomKey;
import io.vit4j.model.Context;
import io.vit4j.model.Shape;
import io.vit4j.model.StepWeights;
import io.vit4j.model.TokenGrid;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import org.junit.jupiter.api.Test;

class PatchCoordinatesTest {
    private static final int HEAD = 8;
    private static final Dinov3Config.Moves NONE = new Dinov3Config.Moves(0, 1, 1);

    private static PatchCoordinates coordinates(Dinov3Config.Moves moves) {
        return new PatchCoordinates(new TokenGrid(2, 3, 3), 4, 4, HEAD, 100, moves);
    }

    private static float[] angles(PatchCoordinates coordinates, int patches, Context context) {
        try (Scope scope = new Scope()) {
            return Tensors.toFloats(coordinates.angles(patches, context));
        }
    }

    private static Context training(StepWeights weights, int step, long... samples) {
        return Context.training(weights, RandomKey.of(7).with(step), samples);
    }

    /** 2 pi c / theta^(i / steps) of the row's coordinate, then of the column's. */
    @Test
    void anglesAreCoordinatesOfCentresTimesFallingFrequencies() {
        try (StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            PatchCoordinates wide =
                    coordinates(NONE).forPictures(Shape.of(3, 8, 19)); // 2 rows of 4, and what is cut off
            float[] angles = angles(wide, 8, Context.inference(weights));
            assertThat(angles).hasSize(8 * HEAD / 2);
            for (int row = 0; row < 2; row++) {
                for (int column = 0; column < 4; column++) {
                    int at = (4 * row + column) * HEAD / 2;
                    double y = (2 * row + 1) / 2.0 - 1;
                    double x = (2 * column + 1) / 4.0 - 1;
                    double[] expected = {y, y / 10, x, x / 10}; // theta is 100, in two steps
                    for (int i = 0; i < expected.length; i++) {
                        assertThat((double) angles[at + i]).isCloseTo(2 * Math.PI * expected[i], within(1e-6));
                    }
                }
            }
        }
    }

    @Test
    void aStepMovesAllPatchesAlikeWhateverItsSamplesAndAnotherOtherwise() {
        PatchCoordinates moved = coordinates(new Dinov3Config.Moves(0.3, 1.5, 2));
        try (StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            float[] first = angles(moved, 9, training(weights, 1, 0, 1));
            assertThat(angles(moved, 9, training(weights, 1, 5))).isEqualTo(first);
            assertThat(angles(moved, 9, training(weights, 2, 0, 1))).isNotEqualTo(first);
            assertThat(angles(moved, 9, Context.inference(weights)))
                    .isEqualTo(angles(coordinates(NONE), 9, training(weights, 1, 0)));
            assertThat(moved.draws()).isTrue();
            assertThat(coordinates(NONE).draws()).isFalse();
        }
    }

    /** The logarithm of a factor is uniform between plus and minus that of the largest; so is a shift. */
    @Test
    void movesHaveTheDistributionsThatTheConfigurationNames() {
        double shift = spread(new Dinov3Config.Moves(0.3, 1, 1), (a, plain) -> (a[0] - plain[0]) / (2 * Math.PI));
        assertThat(shift).isCloseTo(0.3, within(0.01));
        double rescale = spread(new Dinov3Config.Moves(0, 1, 2), (a, plain) -> Math.log(a[0] / plain[0]));
        assertThat(rescale).isCloseTo(Math.log(2), within(0.02));
        double alike = spread(
                new Dinov3Config.Moves(0, 1, 2), (a, plain) -> Math.log(a[0] / plain[0]) - Math.log(a[2] / plain[2]));
        assertThat(alike).isCloseTo(0, within(1e-5));
        double jitter = spread(new Dinov3Config.Moves(0, 1.5, 1), (a, plain) -> Math.log(a[2] / plain[2]));
        assertThat(jitter).isCloseTo(Math.log(1.5), within(0.02));
        double apart = spread(
                new Dinov3Config.Moves(0, 1.5, 1), (a, plain) -> Math.log(a[0] / plain[0]) - Math.log(a[2] / plain[2]));
        assertThat(apart).isCloseTo(Math.sqrt(2) * Math.log(1.5), within(0.03));
    }

    private interface Measured {
        double of(float[] angles, float[] plain);
    }

    /** The half-width of a uniform distribution with that deviation, over many steps; the mean must be 0. */
    private static double spread(Dinov3Config.Moves moves, Measured measured) {
        int steps = 4000;
        double sum = 0;
        double squares = 0;
        try (StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            float[] plain = angles(coordinates(NONE), 9, Context.inference(weights));
            for (int step = 0; step < steps; step++) {
                double value = measured.of(angles(coordinates(moves), 9, training(weights, step, 0)), plain);
                sum += value;
                squares += value * value;
            }
        }
        double deviation = Math.sqrt(squares / steps);
        assertThat(sum / steps).isCloseTo(0, within(4 * deviation / Math.sqrt(steps) + 1e-9));
        return deviation * Math.sqrt(3);
    }
}
