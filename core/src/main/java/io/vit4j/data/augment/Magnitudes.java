package io.vit4j.data.augment;

/**
 * How far each operation goes, in equal steps from nothing to the most: torchvision's {@code _augmentation_space}.
 *
 * @param bins number of steps, the first and last included; at least 2
 * @param shear most offset per pixel
 * @param translation most pixels along the rows or columns
 * @param ofSide whether that is relative to the side
 * @param degrees most turn
 * @param enhancement most distance of a factor from 1
 * @param bits most bits that posterize drops
 */
record Magnitudes(
        int bins, double shear, double translation, boolean ofSide, double degrees, double enhancement, int bits) {
    /** Of RandAugment (Cubuk et al. 2020) and AutoAugment (Cubuk et al. 2019). */
    static Magnitudes usual(int bins) {
        return new Magnitudes(bins, 0.3, 150.0 / 331.0, true, 30, 0.9, 4);
    }

    /** Of TrivialAugment's wide space (Müller and Hutter 2021). */
    static Magnitudes wide(int bins) {
        return new Magnitudes(bins, 0.99, 32, false, 135, 0.99, 6);
    }

    /**
     * @param bin 0 to {@code bins - 1}
     * @param height of the picture
     * @param width of the picture
     */
    double of(PolicyOperation operation, int bin, int height, int width) {
        return switch (operation) {
            case SHEAR_X, SHEAR_Y -> linspace(0, shear, bin);
            case TRANSLATE_X -> linspace(0, ofSide ? translation * width : translation, bin);
            case TRANSLATE_Y -> linspace(0, ofSide ? translation * height : translation, bin);
            case ROTATE -> linspace(0, degrees, bin);
            case BRIGHTNESS, COLOR, CONTRAST, SHARPNESS -> linspace(0, enhancement, bin);
            case POSTERIZE -> 8 - (int) Math.rint((float) (bin / (float) ((bins - 1) / (double) bits)));
            case SOLARIZE -> linspace(255, 0, bin);
            case IDENTITY, AUTO_CONTRAST, EQUALIZE, INVERT -> 0;
        };
    }

    /** {@code torch.linspace}, float32, from both ends towards the middle. */
    private double linspace(double first, double last, int bin) {
        float step = ((float) last - (float) first) / (bins - 1);
        return bin < bins / 2 ? (float) first + step * bin : (float) last - step * (bins - 1 - bin);
    }
}
