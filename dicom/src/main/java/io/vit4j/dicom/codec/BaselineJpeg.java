package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** JPEG of 8 bits by the JDK's libjpeg, which other programs use too, without its guess at the colours. */
final class BaselineJpeg {
    /** One for each component would do. */
    private static final int MOST_SCANS = 100;

    private BaselineJpeg() {}

    static Samples decode(byte[] coded, JpegFrame frame, Samples.Colour colour) {
        ImageReader reader = reader();
        try {
            reader.setInput(new MemoryCacheImageInputStream(new ByteArrayInputStream(bare(coded))), false, true);
            boolean[] ended = new boolean[1]; // of which libjpeg only warns
            reader.addIIOReadWarningListener((source, warning) -> ended[0] |= warning.contains("remature end"));
            if (reader.getWidth(0) != frame.width() || reader.getHeight(0) != frame.height()) {
                throw mismatch(); // before it takes the memory for a size that nobody has checked
            }
            Raster raster = reader.readRaster(0, null);
            if (ended[0]) {
                throw new DamagedImage("its JPEG data end before the picture does");
            }
            int components = frame.components().length;
            if (raster.getWidth() != frame.width()
                    || raster.getHeight() != frame.height()
                    || raster.getNumBands() != components) {
                throw mismatch();
            }
            int[] values = raster.getPixels(0, 0, frame.width(), frame.height(), (int[]) null);
            return new Samples(frame.width(), frame.height(), components, 8, colour, values);
        } catch (DamagedImage e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new DamagedImage("its JPEG data cannot be decoded (" + e.getMessage() + ")", e);
        } finally {
            reader.dispose();
        }
    }

    private static DamagedImage mismatch() {
        return new DamagedImage("its JPEG data and their header do not match");
    }

    /** Without comments and applications' own segments, at some of which the JDK's reader stumbles. */
    private static byte[] bare(byte[] coded) {
        ByteArrayOutputStream bare = new ByteArrayOutputStream(coded.length);
        bare.write(coded, 0, 2);
        int at = 2;
        while (at + 4 <= coded.length) {
            int marker = coded[at + 1] & 0xFF;
            if (coded[at] != -1 || marker == 0xFF) {
                at++; // filling
                continue;
            }
            if (marker == 0xDA) {
                refuseManyScans(coded, at);
                break; // the values begin
            }
            int end = at + 2 + Math.max(2, (coded[at + 2] & 0xFF) << 8 | coded[at + 3] & 0xFF);
            if (marker < 0xE0) {
                bare.write(coded, at, Math.min(end, coded.length) - at);
            }
            at = end;
        }
        if (at < coded.length) {
            bare.write(coded, at, coded.length - at);
        }
        return bare.toByteArray();
    }

    /** Each takes time for the whole picture, and may have a few bytes. */
    private static void refuseManyScans(byte[] coded, int from) {
        int scans = 0;
        for (int i = from; i + 1 < coded.length; i++) {
            if (coded[i] == -1 && (coded[i + 1] & 0xFF) == 0xDA && ++scans > MOST_SCANS) {
                throw new DamagedImage("its JPEG data have more than " + MOST_SCANS + " scans");
            }
        }
    }

    /** Not the first that is registered: a program's own plugins may decode otherwise. */
    private static ImageReader reader() {
        for (Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("JPEG"); readers.hasNext(); ) {
            ImageReader reader = readers.next();
            if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
                return reader;
            }
        }
        throw new DamagedImage("this Java cannot read JPEG; use a JDK with the module java.desktop");
    }
}
