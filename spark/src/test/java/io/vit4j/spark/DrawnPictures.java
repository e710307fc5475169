package io.vit4j.spark;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import javax.imageio.ImageIO;

/** Small pictures with a table of findings and patients, as files. */
record DrawnPictures(Path folder, int count) {
    static final int SIDE = 24;

    /** @param coloured the numbers of those that are not grey */
    static DrawnPictures draw(Path folder, int count, Set<Integer> coloured) throws IOException {
        Files.createDirectories(folder.resolve("images"));
        StringBuilder csv = new StringBuilder("Image Index,Finding Labels,Patient ID,View Position\n");
        for (int i = 0; i < count; i++) {
            Random random = new Random(i);
            BufferedImage picture = new BufferedImage(
                    SIDE, SIDE, coloured.contains(i) ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY);
            int bright = i % 3 == 0 ? 160 : 60;
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    int grey = bright + random.nextInt(60);
                    picture.getRaster().setSample(x, y, 0, grey);
                    if (coloured.contains(i)) {
                        picture.getRaster().setSample(x, y, 1, 255 - grey);
                    }
                }
            }
            ImageIO.write(
                    picture, "png", folder.resolve("images").resolve(name(i)).toFile());
            csv.append(name(i))
                    .append(i % 3 == 0 ? ",Edema|Mass," : ",No Finding,")
                    .append(i / 2)
                    .append(",PA\n");
        }
        Files.writeString(folder.resolve("Data_Entry_2017.csv"), csv);
        return new DrawnPictures(folder, count);
    }

    static String name(int i) {
        return String.format("%05d.png", i);
    }

    Path file(int i) {
        return folder.resolve("images").resolve(name(i));
    }

    /** Makes a coloured picture see-through here and there. */
    void clear(int i) throws IOException {
        BufferedImage opaque = ImageIO.read(file(i).toFile());
        BufferedImage clear = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                clear.setRGB(x, y, opaque.getRGB(x, y) & 0xffffff | (x * y) % 256 << 24);
            }
        }
        ImageIO.write(clear, "png", file(i).toFile());
    }

    /** Cuts a file off in its middle, or puts text in its place. */
    void spoil(int i) throws IOException {
        byte[] whole = Files.readAllBytes(file(i));
        Files.write(
                file(i),
                i % 2 == 0
                        ? java.util.Arrays.copyOf(whole, whole.length / 2)
                        : "no picture".getBytes(StandardCharsets.UTF_8));
    }
}
