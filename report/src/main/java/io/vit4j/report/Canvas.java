package io.vit4j.report;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.image.Picture;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures and text drawn with Java2D, without a screen. */
final class Canvas {
    static final Color INK = new Color(0x1f2933);
    static final Color FAINT = new Color(0x9aa5b1);
    static final Color GRID = new Color(0xe4e7eb);

    /** The first three of Okabe and Ito's colours, which the colour-blind tell apart (blue, vermillion, green). */
    static final Color BLUE = new Color(0x0072b2);

    static final Color VERMILLION = new Color(0xd55e00);
    static final Color GREEN = new Color(0x009e73);

    private Canvas() {}

    /** A sans-serif font. InputException on a machine without any font. */
    static Font font(int style, int size) {
        try {
            Font font = new Font(Font.SANS_SERIF, style, size);
            font.getStringBounds("x", new java.awt.font.FontRenderContext(null, true, true));
            return font;
        } catch (RuntimeException | Error e) {
            throw new InputException(
                    "text cannot be drawn: this machine has no fonts; install some, such as the packages fontconfig and"
                            + " fonts-dejavu-core",
                    e);
        }
    }

    static Graphics2D smooth(BufferedImage image) {
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        return graphics;
    }

    /** The picture as Java2D holds it, grey or RGB. */
    static BufferedImage image(Picture picture) {
        int width = picture.width();
        int height = picture.height();
        if (picture.channels() == 1) {
            BufferedImage grey = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
            byte[] to = ((DataBufferByte) grey.getRaster().getDataBuffer()).getData();
            System.arraycopy(picture.pixels(), 0, to, 0, to.length);
            return grey;
        }
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        byte[] to = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
        byte[] from = picture.pixels();
        for (int i = 0; i < to.length; i += 3) {
            to[i] = from[i + 2];
            to[i + 1] = from[i + 1];
            to[i + 2] = from[i];
        }
        return image;
    }

    static byte[] png(BufferedImage image) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(image, "png", out)) {
                throw new IllegalStateException("no PNG writer in this Java runtime");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** @param quality 0 to 1 */
    static byte[] jpeg(BufferedImage image, float quality) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            ImageWriteParam settings = writer.getDefaultWriteParam();
            settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            settings.setCompressionQuality(quality);
            writer.setOutput(stream);
            writer.write(null, new IIOImage(image, null, null), settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return out.toByteArray();
    }

    static void writePng(Path file, BufferedImage image) {
        DurableFiles.SYSTEM.ofPatients().write(file, png(image));
    }

    /** What PNG bytes show. */
    static BufferedImage read(byte[] png) {
        try {
            return ImageIO.read(new ByteArrayInputStream(png));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text, or as much of it as fits, with an ellipsis. */
    static String fitting(String text, FontMetrics metrics, int width) {
        if (metrics.stringWidth(text) <= width) {
            return text;
        }
        int end = text.length();
        while (end > 0 && metrics.stringWidth(text.substring(0, end) + "…") > width) {
            end = text.offsetByCodePoints(end, -1);
        }
        return text.substring(0, end) + "…";
    }
}
