package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;

/** The frame header of a JPEG and the values decoded so far. */
final class JpegFrame {
    /** A component; its sampling factors are relative to the largest of the frame. */
    record Component(int id, int horizontal, int vertical, int quantisation) {}

    private final int width;
    private final int height;
    private final int precision;
    private final Component[] components;
    private final boolean lossless;
    private final int[] values; // [height, width, components]
    private final boolean[] done;

    JpegFrame(int width, int height, int precision, Component[] components, boolean lossless) {
        this.width = width;
        this.height = height;
        this.precision = precision;
        this.components = components;
        this.lossless = lossless;
        done = new boolean[components.length];
        boolean byJdk = !lossless && precision == 8;
        values = new int[byJdk ? 0 : Math.multiplyExact(width * height, components.length)];
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    int precision() {
        return precision;
    }

    Component[] components() {
        return components;
    }

    boolean lossless() {
        return lossless;
    }

    int[] values() {
        return values;
    }

    int place(int id) {
        for (int k = 0; k < components.length; k++) {
            if (components[k].id() == id) {
                return k;
            }
        }
        throw new DamagedImage("its JPEG data have a scan of a component that the frame lacks");
    }

    /** Whether components differ in their number of samples, as only those of brightness and colour do. */
    boolean isSubsampled() {
        for (Component component : components) {
            if (component.horizontal() != components[0].horizontal()
                    || component.vertical() != components[0].vertical()) {
                return true;
            }
        }
        return false;
    }

    /** Notes that components were decoded; whether all are. */
    boolean decoded(int[] places) {
        for (int place : places) {
            if (done[place]) {
                throw new DamagedImage("its JPEG data hold a component twice");
            }
            done[place] = true;
        }
        for (boolean one : done) {
            if (!one) {
                return false;
            }
        }
        return true;
    }

    Samples samples(Samples.Colour colour) {
        Samples.Colour said = lossless ? Samples.Colour.UNSAID : colour;
        return new Samples(width, height, components.length, precision, said, values);
    }
}
