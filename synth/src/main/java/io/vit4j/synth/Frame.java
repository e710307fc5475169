package io.vit4j.synth;

import io.vit4j.base.RandomKey;

/** What the technician adds: the collimator's dark border, the letter of the side, "AP" and "PORTABLE". */
final class Frame {
    private static final String LETTERS = "ABELOPRT";
    /** Rows of five dots from the top, seven to a letter. */
    private static final int[][] DOTS = {
        {0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001},
        {0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110},
        {0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111},
        {0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111},
        {0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110},
        {0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000},
        {0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001},
        {0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100}
    };

    private final byte[] pixels;
    private final int side;

    private Frame(byte[] pixels, int side) {
        this.pixels = pixels;
        this.side = side;
    }

    static void paint(byte[] pixels, int side, Study study, RandomKey picture) {
        RandomKey.Stream random = picture.with("frame").stream();
        Frame frame = new Frame(pixels, side);
        if (random.nextDouble() < (study.portable() ? 0.18 : 0.30)) {
            frame.collimate(random);
        }
        boolean left = random.nextDouble() < 0.75;
        float x = left ? Thorax.uniform(random, 0.88f, 0.93f) : Thorax.uniform(random, 0.05f, 0.09f);
        float y = Thorax.uniform(random, 0.05f, 0.15f);
        float dot = Thorax.uniform(random, 0.0042f, 0.0062f);
        float tilt = Thorax.normal(random, 0, 0.08f);
        frame.write(left ? "L" : "R", x, y, dot, tilt, 235);
        if (study.portable() && random.nextDouble() < 0.5) {
            float textX = left ? x - 0.06f : x;
            float textY = y + Thorax.uniform(random, 0.07f, 0.14f);
            frame.write("AP", textX, textY, 0.0028f, 0, 240);
            if (random.nextDouble() < 0.6) {
                frame.write("PORTABLE", Math.min(0.86f, textX), textY + 0.035f, 0.0024f, 0, 240);
            }
        }
    }

    private void write(String text, float x, float y, float dot, float tilt, int shade) {
        for (int i = 0; i < text.length(); i++) {
            int[] rows = DOTS[LETTERS.indexOf(text.charAt(i))];
            for (int row = 0; row < rows.length; row++) {
                for (int column = 0; column < 5; column++) {
                    if ((rows[row] >> 4 - column & 1) == 1) {
                        float across = (6 * i + column) * dot;
                        float down = row * dot * 1.15f;
                        square(x + across - tilt * down, y + down + tilt * across, dot, shade);
                    }
                }
            }
        }
    }

    private void square(float x, float y, float width, int shade) {
        int x0 = Math.max(0, Math.round(x * side));
        int y0 = Math.max(0, Math.round(y * side));
        int x1 = Math.min(side, Math.round((x + 1.12f * width) * side));
        int y1 = Math.min(side, Math.round((y + 1.28f * width) * side));
        for (int py = y0; py < y1; py++) {
            for (int px = x0; px < x1; px++) {
                pixels[py * side + px] = (byte) shade;
            }
        }
    }

    /** Four blades, each a little askew; beyond them the plate saw only scatter. */
    private void collimate(RandomKey.Stream random) {
        float left = edge(random) * side;
        float right = side - edge(random) * side;
        float top = edge(random) * side;
        float bottom = side - edge(random) * side;
        float tilt = Thorax.normal(random, 0, 0.008f);
        float lean = Math.abs(tilt) * side / 2 + 2;
        for (int y = 0; y < side; y++) {
            float skew = tilt * (y - side / 2f);
            boolean open = y > top + lean && y < bottom - lean;
            int blade = open ? (int) (left - skew + 3) : side;
            for (int x = 0; x < Math.min(side, blade); x++) {
                float inside = Math.min(x - left + skew, right - skew - x);
                darken(
                        x,
                        y,
                        Math.min(
                                inside,
                                Math.min(y - top - tilt * (x - side / 2f), bottom + tilt * (x - side / 2f) - y)));
            }
            for (int x = open ? Math.max(0, (int) (right - skew - 3)) : side; x < side; x++) {
                darken(x, y, right - skew - x);
            }
        }
    }

    private void darken(int x, int y, float inside) {
        if (inside < 2) {
            int at = y * side + x;
            float open = Math.max(0, (inside + 2) / 4);
            pixels[at] = (byte) (4 + (int) (((pixels[at] & 255) - 4) * open));
        }
    }

    private static float edge(RandomKey.Stream random) {
        double share = random.nextDouble();
        return share < 0.45 ? -0.02f : (float) (share - 0.45) * 0.12f;
    }
}
