package io.vit4j.webp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** WebP files and what Pillow 12.3 reads from them (pillow-webp.txt). */
final class WebpSamples {
    private WebpSamples() {}

    /** A file that Pillow wrote, or that was made for it, and what {@code exif_transpose} and {@code convert("RGB")} give. */
    record Sample(String name, int width, int height, byte[] file, byte[] rgb) {}

    static List<Sample> all() {
        try (InputStream in = WebpSamples.class.getResourceAsStream("pillow-webp.txt")) {
            List<Sample> samples = new ArrayList<>();
            for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII).split("\n")) {
                String[] f = line.split(" ");
                samples.add(new Sample(
                        f[0],
                        Integer.parseInt(f[2]),
                        Integer.parseInt(f[3]),
                        Base64.getDecoder().decode(f[4]),
                        HexFormat.of().parseHex(f[5])));
            }
            return samples;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static Sample named(String name) {
        return all().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
    }
}
