package io.vit4j.synth;

import static io.vit4j.synth.Texture.smooth;
import static io.vit4j.synth.Thorax.GRID;

/** What the lungs hold, on the thorax's grid: where they are, how much of their air has gone, where vessels show. */
final class Lungs {
    private static final float EDGE = 0.011f;
    /** The heart beats while the picture is taken. */
    private static final float HEART_EDGE = 0.018f;

    /** 1 inside a lung, 0 outside, {@code [GRID, GRID]}. */
    final float[] mask = new float[GRID * GRID];
    /** Share of the air replaced by water or tissue; below 0 for more air than usual. */
    final float[] opacity = new float[GRID * GRID];
    /** How much of the vessels is seen, 0 to 1; 0 outside the lungs. */
    final float[] vessels = new float[GRID * GRID];

    /** Attenuation of what does not belong in a chest, {@code [GRID, GRID]}. */
    final float[] foreign = new float[GRID * GRID];

    private final Thorax thorax;

    Lungs(Thorax thorax) {
        this.thorax = thorax;
        for (int side = 0; side < Thorax.SIDES; side++) {
            for (int row = Math.max(0, Thorax.index(thorax.apex) - 2); row < GRID; row++) {
                outline(side, row);
            }
        }
        System.arraycopy(mask, 0, vessels, 0, mask.length);
    }

    private void outline(int side, int row) {
        float y = Thorax.position(row);
        float outer = thorax.lateral[side][row];
        float inner = thorax.medial[side][row];
        int from = Thorax.index(side == 0 ? thorax.midline - outer - EDGE : thorax.midline);
        int to = Thorax.index(side == 0 ? thorax.midline : thorax.midline + outer + EDGE);
        for (int column = from; column <= to; column++) {
            float distance = Math.abs(Thorax.position(column) - thorax.midline);
            float within = smooth((outer - distance) / EDGE + 0.5f)
                    * smooth((distance - inner) / HEART_EDGE + 0.5f)
                    * smooth((thorax.diaphragm[column] - y) / EDGE + 0.5f);
            mask[row * GRID + column] = Math.max(mask[row * GRID + column], within);
        }
    }

    /**
     * Fills an ill-defined oval with water.
     *
     * @param strength share of the air that goes, at the centre
     * @param ragged how far clouds push the border in and out, in radii
     * @param softness width of the border, in radii
     */
    void patch(Oval oval, float strength, float ragged, float softness) {
        float reach = 1 + softness + 2 * ragged;
        int row0 = Thorax.index(oval.y - oval.ry * reach);
        int row1 = Thorax.index(oval.y + oval.ry * reach);
        int column0 = Thorax.index(oval.x - oval.rx * reach);
        int column1 = Thorax.index(oval.x + oval.rx * reach);
        for (int row = row0; row <= row1; row++) {
            float y = Thorax.position(row);
            float dy = (y - oval.y) / oval.ry;
            for (int column = column0; column <= column1; column++) {
                float x = Thorax.position(column);
                float dx = (x - oval.x) / oval.rx;
                float rho = (float) Math.sqrt(dx * dx + dy * dy);
                if (ragged > 0) {
                    rho += ragged * Texture.cloud(x + oval.cloud, y + 3 * oval.cloud);
                }
                fill(row * GRID + column, strength * smooth((1 - rho) / softness + 0.5f));
            }
        }
    }

    /** Replaces that share of what air is left there by water; vessels vanish in it. */
    void fill(int at, float share) {
        opacity[at] = 1 - (1 - opacity[at]) * (1 - share);
        vessels[at] *= 1 - 0.8f * share;
    }

    /** An oval in picture sides; {@code cloud} chooses the noise of its border. */
    record Oval(float x, float y, float rx, float ry, float cloud) {}
}
