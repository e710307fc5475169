package io.vit4j.synth;

import static io.vit4j.synth.AttenuationMap.MARGIN;
import static io.vit4j.synth.AttenuationMap.SCALE;
import static io.vit4j.synth.AttenuationMap.SIZE;

import io.vit4j.base.RandomKey;

/** From attenuation to the grey values of a film: tone curve, how the patient stood to the plate, noise, collimation. */
final class Exposure {
    private static final int STEPS = 8192;
    private static final float LOWEST = -0.1f;
    private static final float HIGHEST = 1.5f;

    /** Places on the canvas are counted in this fraction of a pixel: 640 of them still fit an int. */
    private static final int BITS = 21;

    private static final int ONE = 1 << BITS;

    private final float[] tones = new float[STEPS + 1];
    private final float gain;
    private final float turn;
    private final float zoom;
    private final float shiftX;
    private final float shiftY;
    private final float noise;
    private final RandomKey.Stream random;

    Exposure(Study study, RandomKey picture) {
        random = picture.with("exposure").stream();
        boolean portable = study.portable();
        turn = (float) Math.toRadians(Thorax.normal(random, 0, portable ? 2.2f : 0.9f));
        float wanted = Thorax.normal(random, portable ? 0.96f : 1.03f, portable ? 0.035f : 0.02f);
        shiftX = Thorax.normal(random, 0, portable ? 0.018f : 0.010f);
        shiftY = Thorax.normal(random, portable ? 0.005f : 0.01f, 0.014f);
        // the picture's corners must not leave the canvas
        double corner = 0.5 * (Math.cos(turn) + Math.abs(Math.sin(turn)));
        double room = 0.5 + MARGIN - 0.004 - Math.max(Math.abs(shiftX), Math.abs(shiftY));
        zoom = (float) Math.max(wanted, corner / room);
        noise = Thorax.uniform(random, 0.9f, portable ? 2.4f : 1.7f);
        float low = Thorax.normal(random, 0.05f, 0.02f);
        float high = Thorax.normal(random, 1.06f, 0.03f);
        float gamma = Thorax.normal(random, 1.22f, 0.09f);
        float shoulder = Thorax.normal(random, portable ? 1.3f : 1.1f, 0.25f);
        float black = Thorax.uniform(random, 0, 10);
        float white = Thorax.normal(random, 236, 8);
        gain = STEPS / (HIGHEST - LOWEST);
        for (int i = 0; i <= STEPS; i++) {
            float g = Math.max(0, (LOWEST + i / gain - low) / (high - low));
            double film = (1 - Math.exp(-shoulder * Math.pow(g, gamma))) / (1 - Math.exp(-shoulder));
            tones[i] = black + (white - black) * (float) film;
        }
    }

    /** Turns the canvas's attenuation, in place, into grey values and samples the finished picture from them. */
    byte[] develop(AttenuationMap canvas, int side) {
        float[] grey = canvas.attenuation;
        for (int i = 0; i < grey.length; i++) {
            grey[i] = tones[Math.min(STEPS, Math.max(0, (int) ((grey[i] - LOWEST) * gain)))];
        }
        byte[] pixels = new byte[side * side];
        float cos = (float) Math.cos(turn) / zoom * SCALE / side;
        float sin = (float) Math.sin(turn) / zoom * SCALE / side;
        float centre = (0.5f + MARGIN) * SCALE - 0.5f;
        int grainX = random.nextInt(Texture.GRAIN);
        int grainY = random.nextInt(Texture.GRAIN);
        float[] line = new float[side];
        float[] grain = new float[side];
        for (int y = 0; y < side; y++) {
            float fromX = -side / 2f + 0.5f;
            float fromY = y - side / 2f + 0.5f;
            float startX = centre + shiftX * SCALE + cos * fromX - sin * fromY;
            float startY = centre + shiftY * SCALE + sin * fromX + cos * fromY;
            sample(grey, line, startX, startY, cos, sin);
            Texture.grain(y + grainY, grainX, grain);
            expose(line, grain, pixels, y * side);
        }
        return pixels;
    }

    /** Grey values along a straight line over the canvas, by bilinear interpolation. */
    private static void sample(float[] grey, float[] line, float startX, float startY, float stepX, float stepY) {
        int px = Math.round(startX * ONE);
        int py = Math.round(startY * ONE);
        int dx = Math.round(stepX * ONE);
        int dy = Math.round(stepY * ONE);
        for (int x = 0; x < line.length; x++) {
            float fx = (px & ONE - 1) * (1f / ONE);
            float fy = (py & ONE - 1) * (1f / ONE);
            int at = (py >> BITS) * SIZE + (px >> BITS);
            float top = grey[at] + fx * (grey[at + 1] - grey[at]);
            float low = grey[at + SIZE] + fx * (grey[at + SIZE + 1] - grey[at + SIZE]);
            line[x] = top + fy * (low - top);
            px += dx;
            py += dy;
        }
    }

    /** Bright parts, where few quanta arrived, are the noisier ones. */
    private void expose(float[] line, float[] grain, byte[] pixels, int to) {
        float least = 0.45f * noise;
        float growth = 0.004f * noise;
        for (int x = 0; x < line.length; x++) {
            float value = line[x] + grain[x] * (least + growth * line[x]) + 0.5f;
            pixels[to + x] = (byte) Math.min(255, Math.max(0, (int) value));
        }
    }
}
