package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vit4j.infer.ImageClassifier;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TomatoesTest {
    /** What plots, pages, Arrow's vectors, the command and its log need; a program that trains and predicts does not. */
    private static final List<String> NOT_BROUGHT =
            List.of("xchart", "uplot", "arrow-vector", "arrow-memory", "picocli", "logback", "vit4j-report", "vit4j-synth");

    @Test
    void theLibraryBringsOnlyWhatItNeeds() {
        String[] jars = System.getProperty("java.class.path").split(File.pathSeparator);
        assertTrue(Stream.of(jars).anyMatch(jar -> jar.contains("vit4j-core")), "vit4j-core among " + List.of(jars));
        for (String name : NOT_BROUGHT) {
            assertTrue(Stream.of(jars).noneMatch(jar -> Path.of(jar).getFileName().toString().startsWith(name)), name);
        }
    }

    @TempDir
    Path folder;

    @Test
    void itLearnsRipeFromUnripeAndNamesNewOnes() throws IOException {
        Random random = new Random(3);
        for (String state : List.of("ripe", "unripe")) {
            Files.createDirectories(folder.resolve("photos").resolve(state));
            for (int i = 0; i < 150; i++) {
                draw(state, folder.resolve("photos").resolve(state).resolve(i + ".png"), random);
            }
        }
        double accuracy = Tomatoes.train(folder.resolve("photos"), folder.resolve("work"));
        assertTrue(accuracy >= 0.9, "accuracy " + accuracy);

        int right = 0;
        try (ImageClassifier classifier = ImageClassifier.load(folder.resolve("work/tuned"))) {
            for (int i = 0; i < 20; i++) {
                String state = i % 2 == 0 ? "ripe" : "unripe";
                Path picture = folder.resolve("new-" + i + ".png");
                draw(state, picture, random);
                right += classifier.classify(picture).get(0).label().equals(state) ? 1 : 0;
            }
            assertEquals(List.of("ripe", "unripe"), classifier.labels());
        }
        assertTrue(right >= 17, right + " of 20 new pictures are named rightly");
    }

    /** A round fruit somewhere on any background: red, or green. */
    private static void draw(String state, Path file, Random random) throws IOException {
        BufferedImage image = new BufferedImage(48, 48, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(Color.getHSBColor(random.nextFloat(), 0.4f, 0.2f + 0.6f * random.nextFloat()));
        graphics.fillRect(0, 0, 48, 48);
        float hue = (state.equals("ripe") ? 0f : 0.25f) + 0.08f * random.nextFloat();
        graphics.setColor(Color.getHSBColor(hue, 0.9f, 0.9f));
        int side = 16 + random.nextInt(16);
        graphics.fillOval(random.nextInt(48 - side), random.nextInt(48 - side), side, side);
        graphics.dispose();
        ImageIO.write(image, "png", file.toFile());
    }
}
