package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.TestImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** DICOMweb as Orthanc's plugin has it: instances stored by STOW-RS are found by QIDO-RS and come back by WADO-RS. */
@Timeout(120)
class DicomWebTest {
    @TempDir
    Path folder;

    @Test
    void whatIsStoredIsFoundAndComesBack() throws Exception {
        Path plugin = Path.of("/usr/share/orthanc/plugins/libOrthancDicomWeb.so");
        org.junit.jupiter.api.Assumptions.assumeTrue(
                Files.exists(plugin), "no DICOMweb plugin (apt-get install orthanc-dicomweb)");
        try (OrthancServer orthanc = new OrthancServer(folder, """
                , "AuthenticationEnabled": true, "RegisteredUsers": {"reader": "secret"}, "Plugins": ["%s"]""".formatted(plugin))) {
            String service = "http://reader:secret@localhost:" + orthanc.httpPort + "/dicom-web/";
            List<StoredFile> images = List.of(image(1, "CR"), image(2, "DX"), image(3, "MG"));
            assertThat(Destination.parse(service, "VIT4J", Optional.empty()).send(images))
                    .containsOnly(Destination.Outcome.STORED);
            DicomWebSource source =
                    DicomWebSource.parse(service + "?StudyDate=20240201-20240301&Modality=CR,DX", Optional.empty());
            List<DicomWebSource.Instance> found = source.search();
            assertThat(found)
                    .extracting(DicomWebSource.Instance::instance)
                    .containsExactlyInAnyOrder(
                            images.get(0).sopInstance(), images.get(1).sopInstance());
            for (DicomWebSource.Instance each : found) {
                SourceImage image = SourceImage.of(source.retrieve(each), "x");
                assertThat(image.text("SOPInstanceUID")).isEqualTo(each.instance());
                assertThat(image.text("PatientName")).isEqualTo("M\u00FCller^J\u00F6rg");
            }
            assertThat(DicomWebSource.parse(service + "?StudyDate=19990101", Optional.empty())
                            .search())
                    .isEmpty();
            String stranger = "http://localhost:" + orthanc.httpPort + "/dicom-web";
            assertThatThrownBy(() ->
                            DicomWebSource.parse(stranger, Optional.empty()).search())
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("HTTP status 401")
                    .hasMessageNotContaining("secret");
        }
    }

    /** An image of a series of its own. */
    private static StoredFile image(int number, String modality) {
        return StoredFile.of(TestImages.chest(number)
                .with("Modality", modality)
                .with("SeriesInstanceUID", "1.2.826.0.1.3680043.8.498.77." + number)
                .file());
    }
}
