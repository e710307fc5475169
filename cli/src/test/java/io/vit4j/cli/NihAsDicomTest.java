package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.Shared;
import io.vit4j.data.ArrowDataset;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.DebianTool;
import io.vit4j.dicom.TestImages;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.LabelScore;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * NIH's X-rays as DICOM, made by dcmtk and GDCM: MONOCHROME1 and 2, of 8 and 12 bits, in lossless codings. They give the data set and the
 * logits that their PNG files give. {@link PacsResultsTest} has a drawn one.
 */
@Tag("exhaustive")
class NihAsDicomTest {
    /** The window that makes 12-bit values, each sixteen times an 8-bit one, into that again (PS3.3, C.11.2.1.2.1). */
    private static final String CENTRE = "2040.5";

    private static final String WIDTH = "4081";

    /** Of the X-rays, one in so many: the programs take seconds for each. */
    private static final int EVERY = 5;

    @TempDir
    Path folder;

    private final Map<String, Path> forms = new LinkedHashMap<>();

    private Path file(String form, int number, String ending) throws IOException {
        Path path = forms.computeIfAbsent(form, folder::resolve)
                .resolve(number % 2 == 0 ? "even" : "odd")
                .resolve(number + ending);
        Files.createDirectories(path.getParent());
        return path;
    }

    private static Attributes eightBits(int number, Picture picture, boolean monochrome1) {
        byte[] pixels = picture.pixels().clone();
        for (int i = 0; i < pixels.length && monochrome1; i++) {
            pixels[i] = (byte) ~pixels[i];
        }
        return TestImages.chest(number)
                .with("PhotometricInterpretation", monochrome1 ? "MONOCHROME1" : "MONOCHROME2")
                .with("Rows", picture.height())
                .with("Columns", picture.width())
                .with("PixelData", pixels);
    }

    private static Attributes twelveBits(int number, Picture picture, boolean monochrome1) {
        byte[] eight = picture.pixels();
        byte[] pixels = new byte[2 * eight.length];
        for (int i = 0; i < eight.length; i++) {
            int value = 16 * (monochrome1 ? 255 - (eight[i] & 0xFF) : eight[i] & 0xFF);
            pixels[2 * i] = (byte) value;
            pixels[2 * i + 1] = (byte) (value >> 8);
        }
        return eightBits(number, picture, monochrome1)
                .with("BitsAllocated", 16)
                .with("BitsStored", 12)
                .with("HighBit", 11)
                .with("PixelData", pixels);
    }

    private static void must(String program, Object... arguments) {
        DebianTool.Said said = DebianTool.run(program, arguments);
        assertThat(said.exitCode()).as("%s %s", program, said.output()).isZero();
    }

    /** Every form of a picture, below the folder of each form. */
    private void write(int number, Path png, Picture picture) throws IOException {
        Files.copy(png, file("png", number, ".png"));
        BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setDataElements(0, 0, picture.width(), picture.height(), picture.pixels());
        Path bmp = folder.resolve("image.bmp");
        ImageIO.write(image, "bmp", bmp.toFile());
        must("img2dcm", "-q", "-i", "BMP", bmp, file("img2dcm", number, ".dcm"));
        for (boolean monochrome1 : new boolean[] {false, true}) {
            String name = "monochrome" + (monochrome1 ? 1 : 2);
            Path eight = Files.write(
                    file(name + "-8", number, ".dcm"),
                    eightBits(number, picture, monochrome1).file());
            Path twelve = Files.write(
                    file(name + "-12", number, ".dcm"),
                    twelveBits(number, picture, monochrome1).file());
            must("dcmodify", "-nb", "-i", "0028,1050=" + CENTRE, "-i", "0028,1051=" + WIDTH, twelve);
            must("dcmcjpls", eight, file(name + "-8-jpeg-ls", number, ".dcm"));
            must("dcmcjpls", twelve, file(name + "-12-jpeg-ls", number, ".dcm"));
            must("gdcmconv", "--j2k", eight, file(name + "-8-jpeg-2000", number, ".dcm"));
            must("gdcmconv", "--j2k", twelve, file(name + "-12-jpeg-2000", number, ".dcm"));
        }
    }

    private ArrowDataset dataset(String form) {
        Path output = folder.resolve("dataset-" + form);
        CommandRun run = CommandRun.of(
                "prepare",
                "--data",
                forms.get(form).toString(),
                "--output",
                output.toString(),
                "--validation",
                "0",
                "--test",
                "0",
                "--patient-key",
                folder.resolve("key").toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        return ArrowDataset.open(output);
    }

    @Test
    void theyAreTheSamePicturesWithTheSameLogits() throws IOException {
        DebianTool.assumeInstalled("img2dcm", "dcmtk");
        DebianTool.assumeInstalled("dcmcjpls", "dcmtk");
        DebianTool.assumeInstalled("gdcmconv", "libgdcm-tools");
        Path model = Shared.path("vit-tiny-augreg");
        List<Path> pngs;
        try (Stream<Path> files = Files.list(Shared.path("nih-sample/images"))) {
            pngs = files.filter(file -> file.toString().endsWith(".png"))
                    .sorted()
                    .toList();
        }
        int grey = 0;
        for (int i = 0; i < pngs.size(); i += EVERY) {
            Path png = pngs.get(i);
            Picture picture = ImageDecoder.decode(png);
            if (picture.channels() == 1) { // a few are stored in colour
                write(grey++, png, picture);
            }
        }
        assertThat(grey).isGreaterThan(20);
        assertThat(forms).hasSize(14);
        try (ArrowDataset expected = dataset("png");
                ImageClassifier classifier = ImageClassifier.load(model)) {
            assertThat(expected.size()).isEqualTo(grey);
            for (String form : forms.keySet()) {
                try (ArrowDataset same = dataset(form)) {
                    for (int i = 0; i < grey; i++) {
                        assertThat(same.get(i).picture().pixels())
                                .as("%s, row %d", form, i)
                                .isEqualTo(expected.get(i).picture().pixels());
                    }
                }
                for (int i = 0; i < 3; i++) {
                    assertThat(logits(classifier, file(form, i, form.equals("png") ? ".png" : ".dcm")))
                            .as("%s, picture %d", form, i)
                            .isEqualTo(logits(classifier, file("png", i, ".png")));
                }
            }
        }
    }

    private static List<Double> logits(ImageClassifier classifier, Path picture) {
        return classifier.classify(picture).stream().map(LabelScore::logit).toList();
    }
}
