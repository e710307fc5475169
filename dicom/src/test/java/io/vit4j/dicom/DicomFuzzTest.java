package io.vit4j.dicom;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.fuzz.Fuzz;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A short run of {@code bench/fuzz --target dicom,...}. */
@Timeout(300)
class DicomFuzzTest {
    @TempDir
    Path folder;

    @Test
    void whateverTheBytesTheyAreReadOrRefusedInTimeAndMemory() throws Exception {
        assertThat(Fuzz.instrumented(
                        "--target",
                        "dicom,dicom-pdu,dicom-rle,dicom-jpeg-baseline,dicom-jpeg-extended,dicom-jpeg-lossless,"
                                + "dicom-jpeg-ls,dicom-jpeg-2000",
                        "--inputs",
                        "40",
                        "--quiet",
                        "true",
                        "--folder",
                        folder.toString()))
                .isZero();
    }
}
