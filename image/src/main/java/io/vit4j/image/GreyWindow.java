package io.vit4j.image;

import io.vit4j.base.InputException;
import java.io.Serializable;

/** Which of a DICOM picture's grey values become black and white. Other formats have no such values and ignore it. */
public sealed interface GreyWindow extends Serializable {
    /**
     * As the file says: its VOI LUT, or the first of its windows. A file that has neither is shown as by {@link Full} if it has
     * 8 bits or fewer, and otherwise as by {@link Auto}, which is what viewers do.
     */
    record OfFile() implements GreyWindow {
        @Override
        public String toString() {
            return "file";
        }
    }

    /** All values that its bits can hold. */
    record Full() implements GreyWindow {
        @Override
        public String toString() {
            return "full";
        }
    }

    /** From the picture's smallest value to its largest, without padding. */
    record Auto() implements GreyWindow {
        @Override
        public String toString() {
            return "auto";
        }
    }

    /**
     * A window, in the units of the modality (Hounsfield units of CT).
     *
     * @param center its middle
     * @param width at least 1
     */
    record Level(double center, double width) implements GreyWindow {
        /** Checks the width. */
        public Level {
            if (!Double.isFinite(center) || !Double.isFinite(width) || width < 1) {
                throw new InputException("window " + center + "," + width + ": the width must be at least 1");
            }
        }

        @Override
        public String toString() {
            return center + "," + width;
        }
    }

    /** Reads {@code file}, {@code full}, {@code auto} or {@code CENTER,WIDTH}; InputException for anything else. */
    static GreyWindow parse(String text) {
        switch (text.strip()) {
            case "file":
                return new OfFile();
            case "full":
                return new Full();
            case "auto":
                return new Auto();
            default:
                String[] ends = text.split(",", -1);
                try {
                    if (ends.length == 2) {
                        return new Level(Double.parseDouble(ends[0].strip()), Double.parseDouble(ends[1].strip()));
                    }
                } catch (NumberFormatException e) {
                    // said below, with what would be right
                }
                throw new InputException("window " + text + " is unknown; use file, full, auto or CENTER,WIDTH");
        }
    }
}
