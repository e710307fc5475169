package io.vit4j.spark;

import io.vit4j.base.InputException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;

/** A column of pictures: the bytes of their files, or what Spark's {@code image} source has decoded. */
final class PictureColumn {
    private static final String DECODED = ImageSchema.columnSchema().simpleString();

    /** OpenCV's names of unsigned bytes in one channel, three (blue, green, red) and four (the last is opacity). */
    private static final int CV_8UC1 = 0;

    private static final int CV_8UC3 = 16;
    private static final int CV_8UC4 = 24;

    private PictureColumn() {}

    /** Whether a column can be one. */
    static boolean is(DataType type) {
        return type instanceof BinaryType || isDecoded(type);
    }

    /** Whether its values are what Spark's {@code image} source has decoded. */
    static boolean isDecoded(DataType type) {
        return type.simpleString().equals(DECODED);
    }

    /**
     * A picture's file. One that Spark has decoded becomes a PNM file, which has the same pixels but for opacity.
     *
     * @param value of the column
     * @param name for messages
     * @throws InputException if there is no picture
     */
    static byte[] file(Object value, String name) {
        if (value == null) {
            throw new InputException(name + ": the row holds no picture");
        }
        return value instanceof Row decoded ? pnm(decoded, name) : (byte[]) value;
    }

    private static byte[] pnm(Row decoded, String name) {
        int height = decoded.<Integer>getAs("height");
        int width = decoded.<Integer>getAs("width");
        int channels = decoded.<Integer>getAs("nChannels");
        int mode = decoded.<Integer>getAs("mode");
        byte[] data = decoded.getAs("data");
        if (height < 1 || width < 1) {
            throw new InputException(name + ": Spark's image source could not decode it");
        }
        if (mode != CV_8UC1 && mode != CV_8UC3 && mode != CV_8UC4) {
            throw new InputException(name + ": has OpenCV's type " + mode
                    + ", but must have unsigned bytes in 1, 3 or 4 channels (0, 16 or 24)");
        }
        if (channels != 1 + mode / Byte.SIZE || data.length != (long) height * width * channels) {
            throw new InputException(name + ": has " + data.length + " bytes, but should have " + height + "x" + width
                    + " pixels of OpenCV's type " + mode);
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream(data.length + 32);
        file.writeBytes(((channels == 1 ? "P5" : "P6") + "\n" + width + " " + height + "\n255\n")
                .getBytes(StandardCharsets.US_ASCII));
        file.writeBytes(channels == 1 ? data : rgb(data, channels));
        return file.toByteArray();
    }

    private static byte[] rgb(byte[] bgr, int channels) {
        byte[] rgb = new byte[bgr.length / channels * 3];
        for (int from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
            rgb[to] = bgr[from + 2];
            rgb[to + 1] = bgr[from + 1];
            rgb[to + 2] = bgr[from];
        }
        return rgb;
    }
}
