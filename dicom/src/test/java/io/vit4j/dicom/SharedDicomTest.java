package io.vit4j.dicom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.InputException;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real files: NEMA's samples of compression beside their originals, and pydicom's test files beside its pictures. */
class SharedDicomTest {
    private static final Path SHARED = Path.of("../../shared/dicom");
    private static final long LARGEST = 250_000; // larger ones show nothing else, and take long
    private static final Set<String> LOSSLESS = Set.of("J2KR", "JLSL", "JPLL", "RLE");

    /** 12-bit values with a sign, which pydicom 2 takes for values without; and a JPEG-LS that its GDCM cannot read. */
    private static final Set<String> OTHERWISE = Set.of("mlut_18.dcm", "MR1_JLSL.dcm");

    @TempDir
    Path folder;

    private static List<Path> files() throws IOException {
        assumeTrue(Files.isDirectory(SHARED), "no " + SHARED + ": real DICOM files are not here");
        try (Stream<Path> files = Files.walk(SHARED)) {
            return files.filter(file -> file.toString().endsWith(".dcm"))
                    .filter(file -> size(file) <= LARGEST)
                    .sorted()
                    .toList();
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int[] values(Path path) throws IOException {
        DicomFile file = DicomFile.read(Files.readAllBytes(path), 1 << 26);
        PixelDescription pixels = PixelDescription.of(file.dataSet(), DecodeOptions.DEFAULT);
        return new FrameReader(file, pixels, DecodeOptions.DEFAULT).read(0).values();
    }

    @Test
    void losslessCodingsEqualTheirOriginals() throws IOException {
        int compared = 0;
        for (Path file : files()) {
            String name = file.getFileName().toString();
            Path original = file.resolveSibling(name.replaceAll("_.*", "_UNC.dcm"));
            String coding = name.replaceAll(".*_|\\.dcm", "");
            if (LOSSLESS.contains(coding) && Files.exists(original) && size(original) < 4 * LARGEST) {
                assertThat(values(file)).as(name).isEqualTo(values(original));
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(8);
    }

    @Test
    void greyPicturesEqualPydicoms() throws Exception {
        List<Path> files = files();
        assumeTrue(
                Files.isDirectory(Path.of("/usr/lib/python3/dist-packages/pydicom")),
                "python3-pydicom is not installed (apt-get install python3-pydicom python3-gdcm python3-numpy)");
        Path script = folder.resolve("pictures.py");
        Files.write(
                script,
                SharedDicomTest.class.getResourceAsStream("pydicom_pictures.py").readAllBytes());
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        List<String> command = new ArrayList<>(List.of("/usr/bin/python3", script.toString(), pictures.toString()));
        files.forEach(file -> command.add(file.toString()));
        Process python = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(python.waitFor()).isZero();
        int compared = 0;
        for (Path file : files) {
            String name = file.getFileName().toString();
            Path picture = pictures.resolve(name);
            if (!Files.exists(picture) || OTHERWISE.contains(name)) {
                continue;
            }
            byte[] expected = Files.readAllBytes(picture);
            byte[] read = ImageDecoder.decode(file).pixels();
            assertThat(read).as(name).hasSize(expected.length);
            // one stored value of a lossy coding can be more than a level, if the picture has few of them
            int tolerance = name.matches(".*(J2KI|JPLY|lossy|JPEG2000).*") ? 2 : 1;
            for (int i = 0; i < read.length; i++) {
                int apart = Math.abs((read[i] & 0xFF) - (expected[i] & 0xFF));
                if (apart > tolerance) {
                    assertThat(apart).as("%s at %d", name, i).isLessThanOrEqualTo(tolerance);
                }
            }
            compared++;
        }
        assertThat(compared).isGreaterThan(20);
    }

    @Test
    void whatCannotBeReadIsOneLine() throws IOException {
        int refused = 0;
        for (Path file : files()) {
            if (size(file) > LARGEST / 5) {
                continue; // the broken ones are small
            }
            try {
                ImageDecoder.decode(file);
            } catch (InputException e) {
                assertThat(e.getMessage())
                        .contains(file.toString())
                        .doesNotContain("\n")
                        .hasSizeLessThan(300);
                refused++;
            }
        }
        assertThat(refused).isBetween(10, 20);
    }
}
