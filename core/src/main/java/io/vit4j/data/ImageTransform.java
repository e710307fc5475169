package io.vit4j.data;

import io.vit4j.base.RandomKey;
import io.vit4j.image.Picture;
import java.util.Optional;

/**
 * Changes a picture before it is normalised, on the loader's threads. The result depends on the picture and the key only, so
 * that a resumed run sees the same.
 */
@FunctionalInterface
public interface ImageTransform {
    /**
     * @param picture not to be changed itself
     * @param key of (seed, epoch, sample)
     */
    Picture apply(Picture picture, RandomKey key);

    /**
     * A name for all that it does, usable as a cache key; empty (the default) if that depends on the key or has no name.
     */
    default Optional<String> digest() {
        return Optional.empty();
    }

    /** The picture as stored. */
    static ImageTransform none() {
        return None.NONE;
    }

    /** See {@link #none}. */
    enum None implements ImageTransform {
        /** As they are. */
        NONE;

        @Override
        public Picture apply(Picture picture, RandomKey key) {
            return picture;
        }

        @Override
        public Optional<String> digest() {
            return Optional.of("none");
        }
    }
}
