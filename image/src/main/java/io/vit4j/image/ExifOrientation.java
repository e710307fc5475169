package io.vit4j.image;

import io.vit4j.base.InputException;
import java.util.Locale;

/** Whether pictures are turned as their camera noted it (EXIF). */
public enum ExifOrientation {
    /** Turned upright, as transformers' {@code load_image} and Hugging Face data sets do. */
    APPLY,
    /** Left as they are stored, as Pillow's {@code Image.open} alone does. */
    IGNORE;

    /** Reads {@code apply} or {@code ignore}; InputException for anything else. */
    public static ExifOrientation parse(String text) {
        for (ExifOrientation value : values()) {
            if (value.toString().equals(text.strip().toLowerCase(Locale.ROOT))) {
                return value;
            }
        }
        throw new InputException("exif-orientation " + text + " is unknown; use apply or ignore");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
