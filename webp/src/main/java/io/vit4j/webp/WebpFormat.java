package io.vit4j.webp;

import com.luciad.imageio.webp.WebPImageReaderSpi;
import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Orientation;
import io.vit4j.image.Picture;
import io.vit4j.image.PictureFormat;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * WebP, lossy and lossless, and the first picture of an animated one, decoded by libwebp. As in Pillow transparency is
 * dropped, and what the first picture of an animation leaves uncovered is black.
 */
public final class WebpFormat implements PictureFormat {
    /** For {@link java.util.ServiceLoader}. */
    public WebpFormat() {}

    @Override
    public String name() {
        return "WebP";
    }

    @Override
    public boolean recognises(byte[] begin) {
        return begin.length >= 12
                && new String(begin, 0, 4, StandardCharsets.ISO_8859_1).equals("RIFF")
                && new String(begin, 8, 4, StandardCharsets.ISO_8859_1).equals("WEBP");
    }

    @Override
    public Picture decode(byte[] bytes, DecodeOptions options) {
        WebpFile file = WebpFile.read(bytes, options);
        int[] argb = argb(file);
        byte[] pixels = new byte[file.canvasWidth() * file.canvasHeight() * 3];
        for (int y = 0; y < file.height(); y++) {
            int to = ((file.top() + y) * file.canvasWidth() + file.left()) * 3;
            for (int x = 0; x < file.width(); x++) {
                int colour = argb[y * file.width() + x];
                pixels[to++] = (byte) (colour >> 16);
                pixels[to++] = (byte) (colour >> 8);
                pixels[to++] = (byte) colour;
            }
        }
        return new Picture(file.canvasWidth(), file.canvasHeight(), 3, pixels);
    }

    /** The picture alone, without the chunks around it, so that libwebp meets nothing that was not checked. */
    private static int[] argb(WebpFile file) {
        ImageReader reader = reader();
        try {
            reader.setInput(new MemoryCacheImageInputStream(new ByteArrayInputStream(file.alone())), false, false);
            BufferedImage image = reader.read(0);
            if (image.getWidth() != file.width() || image.getHeight() != file.height()) {
                throw new DamagedImage("its header and its data do not match");
            }
            return image.getRGB(0, 0, file.width(), file.height(), null, 0, file.width());
        } catch (DamagedImage e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new DamagedImage("WebP data that cannot be decoded (" + e.getMessage() + ")", e);
        } finally {
            reader.dispose();
        }
    }

    private static ImageReader reader() {
        try {
            return new WebPImageReaderSpi().createReaderInstance(null);
        } catch (LinkageError | RuntimeException e) {
            throw new DamagedImage("libwebp cannot be loaded on this machine (" + e.getMessage() + ")", e);
        }
    }

    @Override
    public Orientation orientation(byte[] file) {
        return WebpFile.orientation(file);
    }
}
