package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** The JDK's own decoders, with whatever they may throw on damaged files turned into a {@link DamagedImage}. */
final class JdkImageReader {
    private JdkImageReader() {}

    /** What is done with a reader that stands before the file. */
    interface ReaderTask<T> {
        T read(ImageReader reader) throws IOException;
    }

    static <T> T use(String format, byte[] file, ReaderTask<T> use) {
        ImageReader reader = reader(format);
        try {
            // Over the bytes themselves: ImageIO's streams would go through a file in the folder for temporary files.
            reader.setInput(new MemoryCacheImageInputStream(new ByteArrayInputStream(file)), false, false);
            return use.read(reader);
        } catch (DamagedImage e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new DamagedImage(format + " data that cannot be decoded (" + why + ")", e);
        } finally {
            reader.dispose();
        }
    }

    /** Not the first that is registered: a program's own plugins may decode otherwise. */
    private static ImageReader reader(String format) {
        for (Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format); readers.hasNext(); ) {
            ImageReader reader = readers.next();
            if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
                return reader;
            }
        }
        throw new DamagedImage("this Java cannot read " + format + "; use a JDK with the module java.desktop");
    }
}
