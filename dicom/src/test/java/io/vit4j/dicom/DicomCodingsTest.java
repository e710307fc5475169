package io.vit4j.dicom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.dicom.codec.Samples;
import io.vit4j.dicom.codec.jpeg2000.Jpeg2000Decoder;
import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.GreyWindow;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every coding against its encoder's input, or another decoder's output; every picture against pydicom's. */
class DicomCodingsTest {
    private static final DecodeOptions OPTIONS = DecodeOptions.DEFAULT.withMaxPixels(1 << 16);
    private static final Set<String> LOSSY = Set.of(
            "grey12-extended",
            "grey8-baseline",
            "grey12-lossy",
            "grey12-lossy-tiles",
            "signed12-lossy",
            "signed12-lossy-tiles",
            "rgb-lossy",
            "rgb-lossy-tiles");

    static Samples samples(String name) {
        byte[] bytes = DicomSamples.bytes(name);
        if (name.endsWith(".j2k")) {
            return Jpeg2000Decoder.decode(bytes, OPTIONS);
        }
        DicomFile file = DicomFile.read(bytes, 1 << 20);
        PixelDescription pixels = PixelDescription.of(file.dataSet(), OPTIONS);
        return new FrameReader(file, pixels, OPTIONS).read(0);
    }

    private static String stem(String name) {
        return name.substring(0, name.length() - 4);
    }

    @Test
    void everyValueComesOutAsItWentInOrAsOtherDecodersReadIt() {
        int compared = 0;
        for (String name : DicomSamples.inputs()) {
            if (!DicomSamples.has(stem(name) + ".raw")) {
                continue;
            }
            DicomSamples.Expected expected = DicomSamples.expected(stem(name) + ".raw");
            Samples read = samples(name);
            assertThat(read.width()).as(name).isEqualTo(expected.width());
            assertThat(read.height()).as(name).isEqualTo(expected.height());
            int tolerance = LOSSY.contains(stem(name)) ? 1 : 0;
            for (int i = 0; i < expected.values().length; i++) {
                int unsigned = read.values()[i] - expected.values()[i] & 0xFFFF; // of 16 bits, however they are kept
                assertThat(Math.min(unsigned, 0x10000 - unsigned))
                        .as("%s at %d: %d for %d", name, i, read.values()[i], expected.values()[i])
                        .isLessThanOrEqualTo(tolerance);
            }
            compared++;
        }
        assertThat(compared).isGreaterThan(65);
    }

    @Test
    void everyPictureIsWhatPydicomMakesOfIt() {
        int compared = 0;
        for (String name : DicomSamples.inputs()) {
            if (!DicomSamples.has(stem(name) + ".pic")) {
                continue;
            }
            DicomSamples.Expected expected = DicomSamples.expected(stem(name) + ".pic");
            Picture picture = ImageDecoder.decode(DicomSamples.bytes(name), name, OPTIONS);
            assertThat(picture.channels()).as(name).isEqualTo(expected.components());
            for (int i = 0; i < expected.values().length; i++) {
                assertThat(Math.abs((picture.pixels()[i] & 0xFF) - expected.values()[i]))
                        .as("%s at %d: %d for %d", name, i, picture.pixels()[i] & 0xFF, expected.values()[i])
                        .isLessThanOrEqualTo(1);
            }
            compared++;
        }
        assertThat(compared).isGreaterThan(25);
    }

    @Test
    void eachFrameCanBeChosen() {
        for (String name : new String[] {"frames", "frames-rle", "frames-jpls", "frames-fragments"}) {
            byte[] file = DicomSamples.bytes(name + ".dcm");
            Picture first = ImageDecoder.decode(file, name, OPTIONS.withWindow(new GreyWindow.Full()));
            Picture second =
                    ImageDecoder.decode(file, name, OPTIONS.withFrame(2).withWindow(new GreyWindow.Full()));
            int width = first.width();
            for (int y = 0; y < first.height(); y++) { // the second is the first, upside down
                int from = (first.height() - 1 - y) * width;
                assertThat(Arrays.copyOfRange(second.pixels(), y * width, (y + 1) * width))
                        .as(name)
                        .isEqualTo(Arrays.copyOfRange(first.pixels(), from, from + width));
            }
            assertThatThrownBy(() -> ImageDecoder.decode(file, name, OPTIONS.withFrame(4)))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("it has 3 frames, and frame 4 is asked for, which --frame says");
        }
    }

    @Test
    void whateverIsCutOffIsRefused() {
        for (String name : DicomSamples.inputs()) {
            if (name.startsWith("frames-")) {
                continue; // whose first frame may be whole
            }
            byte[] file = DicomSamples.bytes(name);
            for (int length = 0; length < file.length; length += 47) {
                byte[] cut = Arrays.copyOf(file, length);
                try {
                    if (name.endsWith(".j2k")) {
                        Jpeg2000Decoder.decode(cut, OPTIONS);
                    } else {
                        ImageDecoder.decode(cut, "x", OPTIONS);
                    }
                    assertThat(length).as(name).isGreaterThanOrEqualTo(file.length - 64); // only padding was lost
                } catch (DamagedImage | InputException e) {
                    assertThat(e.getMessage()).doesNotContain("drawn").doesNotContain("2.25");
                }
            }
        }
    }

    @Test
    void aSizeOverTheLimitIsRefusedBeforeMemoryIsTaken() {
        for (String name : DicomSamples.inputs()) {
            if (name.endsWith(".dcm")) {
                assertThatThrownBy(() ->
                                ImageDecoder.decode(DicomSamples.bytes(name), "x", OPTIONS.withMaxPixels(21 * 17 - 1)))
                        .as(name)
                        .hasMessageContaining("its size is 21x17, more than the limit");
            }
        }
    }
}
