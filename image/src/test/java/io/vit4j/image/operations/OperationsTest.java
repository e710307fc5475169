package io.vit4j.image.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.image.Filter;
import io.vit4j.image.Picture;
import io.vit4j.image.Pictures;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** Against torchvision on Pillow's pictures: operations.txt, which operations.py wrote. */
class OperationsTest {
    private static final int BEFORE_NUMBERS = 5; // width, height, channels, whether dark, name

    private static List<String[]> lines(boolean elastic) throws IOException {
        try (InputStream in = OperationsTest.class.getResourceAsStream("operations.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .map(line -> line.split(" "))
                    .filter(line -> line[4].equals("elastic") == elastic)
                    .toList();
        }
    }

    private static Picture picture(String[] line) {
        Picture formula =
                Pictures.formula(Integer.parseInt(line[0]), Integer.parseInt(line[1]), Integer.parseInt(line[2]));
        if (line[3].equals("1")) {
            for (int i = 0; i < formula.pixels().length; i++) {
                formula.pixels()[i] = (byte) ((formula.pixels()[i] & 0xFF) / 3 + 40);
            }
        }
        return formula;
    }

    private static double[] numbers(String[] line) {
        return Arrays.stream(line, BEFORE_NUMBERS, line.length - 1)
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    private static Filter filter(double bilinear) {
        return bilinear == 1 ? Filter.BILINEAR : Filter.NEAREST;
    }

    private static Picture result(Picture picture, String name, double... n) {
        return switch (name) {
            case "affine" ->
                AffineMap.of(
                                n[6] == 1 ? picture.width() * 0.5 : 0,
                                n[6] == 1 ? picture.height() * 0.5 : 0,
                                n[0],
                                n[1],
                                n[2],
                                n[3],
                                n[4],
                                n[5])
                        .apply(picture, filter(n[7]), (int) n[8]);
            case "rotate" ->
                AffineMap.rotation(picture.width(), picture.height(), n[0]).apply(picture, filter(n[1]), (int) n[2]);
            case "brightness" -> Enhance.brightness(picture, n[0]);
            case "contrast" -> Enhance.contrast(picture, n[0]);
            case "color" -> Enhance.color(picture, n[0]);
            case "sharpness" -> Enhance.sharpness(picture, n[0]);
            case "hue" -> Hue.adjust(picture, n[0]);
            case "posterize" -> Levels.posterize(picture, (int) n[0]);
            case "solarize" -> Levels.solarize(picture, n[0]);
            case "autocontrast" -> Levels.autoContrast(picture);
            case "equalize" -> Levels.equalize(picture);
            case "invert" -> Levels.invert(picture);
            case "grey" -> Enhance.grey(picture);
            case "blur" -> GaussianBlur.blur(picture, n[0]);
            default -> throw new IllegalArgumentException(name);
        };
    }

    @Test
    void everyOperationGivesTorchvisionsPixels() throws IOException {
        List<String> wrong = new ArrayList<>();
        List<String[]> lines = lines(false);
        for (String[] line : lines) {
            Picture picture = picture(line);
            byte[] before = picture.pixels().clone();
            CRC32 crc = new CRC32();
            crc.update(result(picture, line[4], numbers(line)).pixels());
            if (!String.format("%08x", crc.getValue()).equals(line[line.length - 1])) {
                wrong.add(String.join(" ", line));
            }
            assertThat(picture.pixels()).as("its input").isEqualTo(before);
        }
        assertThat(wrong).isEmpty();
        assertThat(lines).hasSizeGreaterThan(300);
    }

    @Test
    void anElasticTransformIsAtMostALevelFromTorchvisions() throws IOException {
        for (String[] line : lines(true)) {
            Picture picture = picture(line);
            double[] n = numbers(line);
            float[] right = displacement(picture, 1.3, n, picture.height());
            float[] down = displacement(picture, 2.1, n, picture.width());
            Picture expected = new Picture(
                    picture.width(), picture.height(), picture.channels(), Pictures.bytes(line[line.length - 1]));
            assertThat(Pictures.furthest(ElasticTransform.apply(picture, right, down), expected))
                    .as(String.join(" ", line))
                    .isLessThanOrEqualTo(1);
        }
        assertThat(lines(true)).hasSize(6);
    }

    private static float[] displacement(Picture picture, double frequency, double[] alphaAndSigma, int side) {
        float[] noise = new float[picture.width() * picture.height()];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (float) (Math.sin(i * frequency) * 0.999);
        }
        return ElasticTransform.displacement(
                noise, picture.height(), picture.width(), alphaAndSigma[0], alphaAndSigma[1], side);
    }
}
