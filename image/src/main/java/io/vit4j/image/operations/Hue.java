package io.vit4j.image.operations;

import io.vit4j.image.Picture;

/** Turns the hue of every pixel, through HSV of 8 bits a value, with Pillow's arithmetic. */
public final class Hue {
    private Hue() {}

    /**
     * torchvision's {@code adjust_hue}; a grey picture stays as it is.
     *
     * @param factor part of a full turn, -0.5 to 0.5
     */
    public static Picture adjust(Picture picture, double factor) {
        if (factor < -0.5 || factor > 0.5) {
            throw new IllegalArgumentException("hue by " + factor);
        }
        if (picture.channels() == 1) {
            return picture;
        }
        int turn = (int) (factor * 255);
        byte[] from = picture.pixels();
        byte[] to = new byte[from.length];
        for (int i = 0; i < from.length; i += 3) {
            int red = from[i] & 0xFF;
            int green = from[i + 1] & 0xFF;
            int blue = from[i + 2] & 0xFF;
            int brightest = Math.max(red, Math.max(green, blue));
            int darkest = Math.min(red, Math.min(green, blue));
            int rgb = brightest == darkest
                    ? red << 16 | green << 8 | blue // without saturation there is no hue to turn
                    : turned(red, green, blue, brightest, darkest, turn);
            to[i] = (byte) (rgb >> 16);
            to[i + 1] = (byte) (rgb >> 8);
            to[i + 2] = (byte) rgb;
        }
        return new Picture(picture.width(), picture.height(), 3, to);
    }

    private static int turned(int red, int green, int blue, int brightest, int darkest, int turn) {
        float range = brightest - darkest;
        float toRed = (brightest - red) / range;
        float toGreen = (brightest - green) / range;
        float toBlue = (brightest - blue) / range;
        float sixth = red == brightest
                ? toBlue - toGreen
                : green == brightest ? (float) (2.0 + toRed - toBlue) : (float) (4.0 + toGreen - toRed);
        float hue = (float) ((sixth / 6.0 + 1.0) % 1.0);
        int saturation = (int) (range / brightest * 255.0);
        int level = (int) (hue * 255.0) + turn & 0xFF;
        return saturation == 0 ? brightest << 16 | brightest << 8 | brightest : rgb(level, saturation, brightest);
    }

    private static int rgb(int hue, int saturation, int value) {
        int sector = (int) Math.floor(hue * 6.0 / 255.0);
        float within = (float) (hue * 6.0 / 255.0 - sector);
        float pure = (float) (saturation / 255.0);
        int p = (int) Math.round(value * (1.0 - pure));
        int q = (int) Math.round(value * (1.0 - pure * within));
        int t = (int) Math.round(value * (1.0 - pure * (1.0 - within)));
        return switch (sector % 6) {
            case 0 -> value << 16 | t << 8 | p;
            case 1 -> q << 16 | value << 8 | p;
            case 2 -> p << 16 | value << 8 | t;
            case 3 -> p << 16 | q << 8 | value;
            case 4 -> t << 16 | p << 8 | value;
            default -> value << 16 | p << 8 | q;
        };
    }
}
