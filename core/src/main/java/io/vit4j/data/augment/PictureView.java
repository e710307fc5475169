package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Filter;
import io.vit4j.image.Picture;
import io.vit4j.image.Resampler;
import java.util.Optional;

/**
 * A part of a picture brought to the size that a model takes, perhaps mirrored.
 *
 * @param name of the view, for people
 * @param top first row of the part
 * @param left first column of the part
 * @param rows of the part
 * @param columns of the part
 * @param height of the result
 * @param width of the result
 * @param mirrored whether left becomes right
 */
public record PictureView(
        String name, int top, int left, int rows, int columns, int height, int width, boolean mirrored)
        implements ImageTransform {
    @Override
    public Picture apply(Picture picture, RandomKey key) {
        boolean whole = rows == picture.height() && columns == picture.width();
        Picture part = whole ? picture : CentreCrop.crop(picture, top, left, rows, columns);
        Picture sized =
                rows == height && columns == width ? part : Resampler.resize(part, width, height, Filter.BILINEAR);
        return mirrored ? RandomFlip.mirror(sized) : sized;
    }

    /** The same part at another size. */
    public PictureView sized(int otherHeight, int otherWidth) {
        return new PictureView(name, top, left, rows, columns, otherHeight, otherWidth, mirrored);
    }

    /** The same, mirrored. */
    public PictureView mirror() {
        return new PictureView(name + ", mirrored", top, left, rows, columns, height, width, !mirrored);
    }

    @Override
    public Optional<String> digest() {
        return Optional.of(toString());
    }
}
