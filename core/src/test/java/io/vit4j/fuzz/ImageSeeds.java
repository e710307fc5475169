package io.vit4j.fuzz;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Small pictures of every kind that the JDK can write, and some that it cannot. */
final class ImageSeeds {
    private static final int WIDTH = 13;
    private static final int HEIGHT = 9;

    private ImageSeeds() {}

    private static final byte[] BIG_TIFF = Base64.getDecoder()
            .decode(
                    "SUkrAAgAAAAQAAAAAAAAAAkAAAAAAAAAAAEDAAEAAAAAAAAABQAAAAAAAAABAQMAAQAAAAAAAAADAAAAAAAAAAIBAwADAAAAAAAA"
                            + "AAgACAAIAAAAAwEDAAEAAAAAAAAAAQAAAAAAAAAGAQMAAQAAAAAAAAACAAAAAAAAABEBEAABAAAAAAAAANQAAAAAAAAAFQEDAAEA"
                            + "AAAAAAAAAwAAAAAAAAAWAQMAAQAAAAAAAAADAAAAAAAAABcBEAABAAAAAAAAAC0AAAAAAAAAAAAAAAAAAAAFAMg1B7+jDrZPFa05"
                            + "HKRhI5vHKpJrMYlNOIBtP3fLRm5nTWVBVFxZW1OvYko=");

    static List<byte[]> of(String format) {
        if (format.equals("pnm")) {
            return Stream.of(
                            "P1\n3 2\n0 1 0\n110\n",
                            "P2 3 1 #\n9\n0 5 9\n",
                            "P3\n1 2\n300\n0 15 7 300 2 3",
                            "P4\n11 2\n\u00a5\u0060\u000f\u00e0",
                            "P5\n2 2\n255\nabcd",
                            "P5 2 1 1000 abcd",
                            "P6 1 2 200 abcdef")
                    .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                    .toList();
        }
        List<byte[]> seeds = new ArrayList<>();
        if (format.equals("tiff")) {
            seeds.add(BIG_TIFF);
        }
        for (BufferedImage image : images()) {
            ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
            ImageWriteParam plain = writer.getDefaultWriteParam();
            String[] compressions = plain.canWriteCompressed() && plain.getCompressionTypes() != null
                    ? plain.getCompressionTypes()
                    : new String[] {""};
            for (String compression : compressions) {
                for (int variant = 0; variant < 3; variant++) {
                    write(image, format, compression, variant, seeds);
                }
            }
        }
        return seeds;
    }

    /** @param variant 0 plain, 1 best quality (in PNG: not compressed), 2 progressive or tiled */
    private static void write(BufferedImage image, String format, String compression, int variant, List<byte[]> seeds) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam how = writer.getDefaultWriteParam();
            if (how.canWriteCompressed()) {
                how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                if (!compression.isEmpty()) {
                    how.setCompressionType(compression);
                }
                if (variant == 1 && !how.isCompressionLossless()) {
                    how.setCompressionQuality(1);
                }
            }
            if (variant == 1 && format.equals("png")) {
                how.setCompressionQuality(1);
            }
            if (variant == 2 && how.canWriteProgressive()) {
                how.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            }
            if (variant == 2 && how.canWriteTiles()) {
                how.setTilingMode(ImageWriteParam.MODE_EXPLICIT);
                how.setTiling(16, 16, 0, 0);
            }
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), how);
        } catch (IOException | RuntimeException e) {
            return; // a kind of picture, or a compression, that this format does not have
        } finally {
            writer.dispose();
        }
        seeds.add(bytes.toByteArray());
    }

    private static List<BufferedImage> images() {
        List<BufferedImage> images = new ArrayList<>();
        for (int type : new int[] {
            BufferedImage.TYPE_BYTE_GRAY,
            BufferedImage.TYPE_USHORT_GRAY,
            BufferedImage.TYPE_INT_RGB,
            BufferedImage.TYPE_3BYTE_BGR,
            BufferedImage.TYPE_4BYTE_ABGR,
            BufferedImage.TYPE_BYTE_BINARY,
            BufferedImage.TYPE_BYTE_INDEXED,
            BufferedImage.TYPE_USHORT_555_RGB,
            BufferedImage.TYPE_USHORT_565_RGB
        }) {
            images.add(painted(new BufferedImage(WIDTH, HEIGHT, type)));
        }
        for (int bits : new int[] {2, 4}) {
            byte[] levels = new byte[1 << bits];
            for (int i = 0; i < levels.length; i++) {
                levels[i] = (byte) (255 * i / (levels.length - 1));
            }
            IndexColorModel colours = new IndexColorModel(bits, levels.length, levels, levels, levels);
            images.add(painted(new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_BINARY, colours)));
        }
        return images;
    }

    private static BufferedImage painted(BufferedImage image) {
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                image.setRGB(x, y, 0xFF000000 | (x * 19) << 16 | (y * 28) << 8 | (x > 6 ? 200 : 3 * x * y));
            }
        }
        return image;
    }
}
