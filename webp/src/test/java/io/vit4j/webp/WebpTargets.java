package io.vit4j.webp;

import io.vit4j.fuzz.MoreTargets;
import io.vit4j.fuzz.Target;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What this module reads, for {@code bench/fuzz}. */
public final class WebpTargets implements MoreTargets {
    private static final DecodeOptions OPTIONS = DecodeOptions.DEFAULT.withMaxPixels(1 << 18);

    /** For {@link java.util.ServiceLoader}. */
    public WebpTargets() {}

    @Override
    public List<Target> in(Path folder) {
        return List.of(new Webp());
    }

    private static final class Webp implements Target {
        @Override
        public String name() {
            return "webp";
        }

        @Override
        public List<byte[]> seeds() {
            return WebpSamples.all().stream().map(WebpSamples.Sample::file).toList();
        }

        @Override
        public List<byte[]> dictionary() {
            return Stream.of(
                            "RIFF",
                            "WEBP",
                            "VP8 ",
                            "VP8L",
                            "VP8X",
                            "ALPH",
                            "ANIM",
                            "ANMF",
                            "EXIF",
                            "ICCP",
                            "\u009d\1\52",
                            "\57")
                    .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                    .toList();
        }

        @Override
        public void read(byte[] input) {
            ImageDecoder.decode(input, "picture", OPTIONS);
        }
    }
}
