package io.vit4j.data;

import io.vit4j.image.Picture;

/** Makes a picture of the data set's size out of an image file. Called by several threads at once. */
@FunctionalInterface
public interface PictureReader {
    /**
     * @param file the file's bytes
     * @param name for messages
     * @throws io.vit4j.base.InputException if they are no image that can be read
     */
    Picture read(byte[] file, String name);
}
