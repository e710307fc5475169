package io.vit4j.data;

import io.vit4j.image.ImageDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a file without a picture's ending is a picture, by its first bytes. */
final class PictureBytes {
    private PictureBytes() {}

    /** Whether the file begins as a picture does. One that cannot be opened does not. */
    static boolean begin(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return begin(in.readNBytes(ImageDecoder.BEGIN));
        } catch (IOException e) {
            return false;
        }
    }

    /** @param begin the first bytes of a file */
    static boolean begin(byte[] begin) {
        return ImageDecoder.kind(begin).isPicture();
    }
}
