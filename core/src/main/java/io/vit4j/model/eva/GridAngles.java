package io.vit4j.model.eva;

import io.vit4j.model.Context;
import io.vit4j.model.TokenGrid;
import io.vit4j.model.transformer.RotaryPositions;
import io.vit4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Where patches lie, as rotations (Fang et al. 2024, EVA-02): rows and columns are counted in patches of pretraining's grid, however
 * many the picture has. The first half of a head's pairs is turned by the row, the second by the column, with frequencies that fall
 * from 1 to nearly {@code 1 / theta}.
 *
 * @param grid of the pictures that the model is made for
 * @param headSize numbers of a head, a multiple of 4
 * @param side rows and columns of pretraining's grid
 */
record GridAngles(TokenGrid grid, int headSize, double theta, int side) implements RotaryPositions {
    @Override
    public int before() {
        return grid.before();
    }

    @Override
    public boolean sideBySide() {
        return true;
    }

    @Override
    public Tensor angles(long patches, Context context) {
        TokenGrid here = grid.ofTokens(grid.before() + patches);
        int steps = headSize / 4;
        float[] angles = new float[Math.toIntExact(patches * headSize / 2)];
        int at = 0;
        for (int row = 0; row < here.rows(); row++) {
            for (int column = 0; column < here.columns(); column++) {
                for (int step = 0; step < steps; step++) {
                    angles[at + step] = place(row, here.rows()) * frequency(step, steps);
                    angles[at + steps + step] = place(column, here.columns()) * frequency(step, steps);
                }
                at += 2 * steps;
            }
        }
        return Tensors.of(angles, patches, headSize / 2);
    }

    private float place(int index, int count) {
        return (float) index / count * side;
    }

    private float frequency(int step, int steps) {
        return 1 / (float) Math.pow((float) theta, (float) step / steps);
    }
}
