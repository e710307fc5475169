package io.vit4j.model.dinov3;

import io.vit4j.base.RandomKey;
import io.vit4j.model.Context;
import io.vit4j.model.Shape;
import io.vit4j.model.TokenGrid;
import io.vit4j.model.transformer.RotaryPositions;
import io.vit4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Where patches lie, as rotations (Su et al. 2021; Siméoni et al. 2025, section 3.2): the centre of a patch has a row and a column between -1
 * and 1, whatever the picture's size. One half of each half of a head is turned by the row, the other by the column, in steps from a whole
 * turn a unit down to a {@code theta}th of it.
 *
 * <p>In training all patches of a step are moved alike, so that a model does not learn one resolution: shifted, then stretched by a factor
 * for each axis and by one for both, whose logarithms are uniform.
 *
 * @param grid of the pictures that the model is walked with
 * @param patchHeight rows of a patch
 * @param patchWidth columns of a patch
 * @param headSize numbers of a head, a multiple of 4
 */
record PatchCoordinates(
        TokenGrid grid, int patchHeight, int patchWidth, int headSize, double theta, Dinov3Config.Moves moves)
        implements RotaryPositions {
    @Override
    public PatchCoordinates forPictures(Shape picture) {
        TokenGrid there = new TokenGrid(
                grid.before(), (int) (picture.size(1) / patchHeight), (int) (picture.size(2) / patchWidth));
        return new PatchCoordinates(there, patchHeight, patchWidth, headSize, theta, moves);
    }

    @Override
    public int before() {
        return grid.before();
    }

    @Override
    public boolean draws() {
        return moves.any();
    }

    /** In float32 from the first step, as transformers computes them. */
    @Override
    public Tensor angles(long patches, Context context) {
        TokenGrid here = grid.ofTokens(grid.before() + patches);
        float[][] axes = {centres(here.rows()), centres(here.columns())};
        context.dropout().ifPresent(training -> move(axes, training.step()));
        int steps = headSize / 4;
        float[] angles = new float[Math.toIntExact(patches * headSize / 2)];
        int at = 0;
        for (float row : axes[0]) {
            for (float column : axes[1]) {
                for (int step = 0; step < steps; step++) {
                    angles[at + step] = turn(row) * frequency(step);
                    angles[at + steps + step] = turn(column) * frequency(step);
                }
                at += 2 * steps;
            }
        }
        return Tensors.of(angles, patches, headSize / 2);
    }

    private static float turn(float coordinate) {
        return (float) (2 * Math.PI) * coordinate;
    }

    private float frequency(int step) {
        float exponent = (float) (step * (4.0 / headSize));
        return 1 / (float) Math.pow((float) theta, exponent);
    }

    /** The middles of so many equal parts of what lies between -1 and 1. */
    private static float[] centres(int count) {
        float[] centres = new float[count];
        for (int i = 0; i < count; i++) {
            centres[i] = 2 * ((i + 0.5f) / count) - 1;
        }
        return centres;
    }

    private void move(float[][] axes, RandomKey step) {
        RandomKey.Stream random = step.with("patch coordinates").stream();
        float[] shifts = {(float) (moves.shift() * sign(random)), (float) (moves.shift() * sign(random))};
        double[] jitters = {Math.pow(moves.jitter(), sign(random)), Math.pow(moves.jitter(), sign(random))};
        double rescale = Math.pow(moves.rescale(), sign(random));
        for (int axis = 0; axis < axes.length; axis++) {
            float factor = (float) (jitters[axis] * rescale);
            for (int i = 0; i < axes[axis].length; i++) {
                axes[axis][i] = (axes[axis][i] + shifts[axis]) * factor;
            }
        }
    }

    /** Uniform between -1 and 1. */
    private static double sign(RandomKey.Stream random) {
        return 2 * random.nextDouble() - 1;
    }
}
