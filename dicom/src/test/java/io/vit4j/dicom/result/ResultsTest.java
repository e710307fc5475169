package io.vit4j.dicom.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.StrictErrorHandler;
import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.DebianTool;
import io.vit4j.dicom.DicomFormat;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.TestImages;
import io.vit4j.dicom.Uid;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.OptionalDouble;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.Observation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Results as other people's programs read them: dcmtk, dicom3tools, and HAPI's model of FHIR. */
class ResultsTest {
    private static final Algorithm ALGORITHM =
            new Algorithm("tuned-vit", "0123456789abcdef", "0.1.0", List.of("--window full"));
    private static final ZonedDateTime TIME = ZonedDateTime.parse("2024-03-01T09:08:07+01:00");
    private static final List<ResultFinding> FINDINGS = List.of(
            new ResultFinding("Effusion", 0.9731, true, OptionalDouble.of(0.18)),
            new ResultFinding("Pneumothorax", 1e-9, false, OptionalDouble.of(0.5)),
            new ResultFinding(
                    "Schr\u00E4ge \u9AA8\\fracture with a very long label of its own making",
                    0.25,
                    false,
                    OptionalDouble.empty()));

    private final SourceImage image = SourceImage.of(TestImages.chest(3).file(), "x");

    @TempDir
    Path folder;

    private Attributes report() {
        return StructuredReport.of(image, 1, ALGORITHM, FindingCodes.builtIn(), FINDINGS, TIME);
    }

    private Path write(String name, Attributes dataSet) throws IOException {
        return Files.write(folder.resolve(name), dataSet.file());
    }

    /** dciodvfy has no own exit code for errors, but words. */
    private static List<String> errors(Path file) {
        return DebianTool.run("dciodvfy", file)
                .output()
                .lines()
                .filter(line -> line.startsWith("Error"))
                .toList();
    }

    @Test
    void dicom3toolsFindNoErrorInReportAndHeatmap() throws IOException {
        DebianTool.assumeInstalled("dciodvfy", "dicom3tools");
        Path report = write("report.dcm", report());
        assertThat(DebianTool.run("dciodvfy", report).output()).contains("Comprehensive3DSR");
        assertThat(errors(report)).isEmpty();
        assertThat(errors(write("heatmap.dcm", heatmap()))).isEmpty();
        Attributes withoutUid = report().with("SeriesInstanceUID", "");
        assertThat(errors(write("broken.dcm", withoutUid))).isNotEmpty(); // it would have been found
    }

    @Test
    void dcmtkReadsTheReport() throws IOException {
        DebianTool.assumeInstalled("dsrdump", "dcmtk");
        DebianTool.Said said = DebianTool.run("dsrdump", "+Pc", "+Pl", write("report.dcm", report()));
        assertThat(said.exitCode()).as(said.output()).isZero();
        assertThat(said.output())
                .doesNotContain("E: ")
                .contains("Comprehensive 3D SR Document", "PAT-4711")
                .contains("(121071,DCM,\"Finding\")=(60046008,SCT,\"Pleural effusion\")")
                .contains("(111012,DCM,\"Certainty of Finding\")=\"97.31\" (%,UCUM,\"Percent\")")
                .contains("(60046008,SCT,\"Pleural effusion\")=(52101004,SCT,\"Present\")")
                .contains("(36118008,SCT,\"Pneumothorax\")=(272519000,SCT,\"Absent\")")
                .contains("(111003,DCM,\"Algorithm Version\")=\"0123456789abcdef\"")
                .contains("present from a probability of 0.18", "--window full")
                .contains("(121112,DCM,\"Source of Measurement\")=(CR image,)");
    }

    @Test
    void theReportIsOfTheImagesStudyAndPatientAndSaysSoInUtf8() {
        SourceImage read = SourceImage.of(report().file(), "report");
        for (String same : List.of("StudyInstanceUID", "PatientID", "PatientName", "AccessionNumber", "StudyDate")) {
            assertThat(read.text(same)).as(same).isEqualTo(image.text(same)).isNotEmpty();
        }
        assertThat(read.text("SpecificCharacterSet")).isEqualTo("ISO_IR 192");
        assertThat(read.text("SeriesInstanceUID")).isNotEqualTo(image.text("SeriesInstanceUID"));
        assertThat(read.text("PatientName")).isEqualTo("M\u00FCller^J\u00F6rg");
    }

    @Test
    void theSameImageAndModelGiveTheSameInstanceAndOthersAnother() {
        String instance = StructuredReport.instance(image, 1, ALGORITHM);
        assertThat(Uid.isValid(instance)).isTrue();
        assertThat(report().text("SOPInstanceUID")).isEqualTo(instance);
        assertThat(StructuredReport.instance(SourceImage.of(TestImages.chest(3).file(), "y"), 1, ALGORITHM))
                .isEqualTo(instance);
        assertThat(List.of(
                        StructuredReport.instance(image, 2, ALGORITHM),
                        StructuredReport.instance(
                                SourceImage.of(TestImages.chest(4).file(), "x"), 1, ALGORITHM),
                        StructuredReport.instance(image, 1, new Algorithm("tuned-vit", "other", "0.1.0", List.of())),
                        StructuredReport.instance(
                                image, 1, new Algorithm("tuned-vit", ALGORITHM.version(), "0.1.0", List.of()))))
                .doesNotContain(instance)
                .doesNotHaveDuplicates();
    }

    @Test
    void implicitLittleEndianSaysTheSame() throws IOException {
        DebianTool.assumeInstalled("dcmconv", "dcmtk");
        Path explicit = write("explicit.dcm", report());
        Path implicit = folder.resolve("implicit.dcm");
        assertThat(DebianTool.run("dcmconv", "+ti", "+e", explicit, implicit).exitCode())
                .isZero();
        assertThat(StoredFile.of(Files.readAllBytes(explicit)).implicit())
                .isEqualTo(StoredFile.of(Files.readAllBytes(implicit)).dataSet());
    }

    private Attributes heatmap() {
        byte[] pixels = new byte[4 * 6 * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (3 * i);
        }
        return HeatmapImage.of(image, 1, ALGORITHM, "Effusion", "rollout", new Picture(6, 4, 3, pixels), TIME);
    }

    @Test
    void theHeatmapIsReadBackAsItWas() {
        Picture read = new DicomFormat().decode(heatmap().file(), DecodeOptions.DEFAULT);
        assertThat(read.width()).isEqualTo(6);
        assertThat(read.channels()).isEqualTo(3);
        for (int i = 0; i < read.pixels().length; i++) {
            assertThat(read.pixels()[i]).isEqualTo((byte) (3 * i));
        }
    }

    @Test
    void fhirIsWhatHapisModelReadsStrictly() {
        String json = FhirReport.of(image, 1, ALGORITHM, FindingCodes.builtIn(), FINDINGS, TIME)
                .pretty();
        IParser parser = FhirContext.forR4().newJsonParser();
        parser.setParserErrorHandler(new StrictErrorHandler());
        Bundle bundle = parser.parseResource(Bundle.class, json);
        assertThat(bundle.getEntry()).hasSize(1 + FINDINGS.size());
        DiagnosticReport report = (DiagnosticReport) bundle.getEntryFirstRep().getResource();
        assertThat(report.getSubject().getIdentifier().getValue()).isEqualTo("PAT-4711");
        assertThat(report.getStatus()).isEqualTo(DiagnosticReport.DiagnosticReportStatus.PRELIMINARY);
        assertThat(report.getConclusion()).isEqualTo("Present: Effusion.");
        assertThat(report.getResult())
                .extracting(reference -> reference.getReference())
                .containsExactlyElementsOf(bundle.getEntry().stream()
                        .skip(1)
                        .map(Bundle.BundleEntryComponent::getFullUrl)
                        .toList());
        Observation effusion = (Observation) bundle.getEntry().get(1).getResource();
        assertThat(effusion.getCode().getCoding())
                .extracting(coding -> coding.getSystem() + "|" + coding.getCode())
                .containsExactly("http://snomed.info/sct|60046008", "http://radlex.org|RID34539");
        assertThat(effusion.getValueCodeableConcept().getCodingFirstRep().getCode())
                .isEqualTo("52101004");
        assertThat(effusion.getComponentFirstRep().getValueQuantity().getValue().doubleValue())
                .isEqualTo(97.31);
        assertThat(effusion.getComponent().get(1).getValueQuantity().getValue().doubleValue())
                .isEqualTo(18);
    }

    @Test
    void findingCodesAreExtendedByAFileAndLabelsWithoutOneAreTheirOwn() throws IOException {
        Path file = Files.writeString(folder.resolve("codes.json"), """
                {"Pleural Thickening": [{"scheme": "99HOSPITAL", "code": "PT", "meaning": "Pleural thickening"}],
                 "Effusion": [{"scheme": "99HOSPITAL", "code": "EF", "meaning": "Effusion"}]}""");
        FindingCodes codes = FindingCodes.with(file);
        assertThat(codes.of("Pleural_Thickening").get(0).value()).isEqualTo("PT");
        assertThat(codes.of("effusion").get(0).value()).isEqualTo("EF");
        assertThat(codes.of("Edema").get(0).value()).isEqualTo("19242006");
        assertThat(FindingCodes.builtIn().of("Pleural_Thickening").get(0).scheme())
                .isEqualTo("99VIT4J");
        Files.writeString(file, "{\"A\": [{\"scheme\": \"a scheme\", \"code\": \"x\", \"meaning\": \"y\"}]}");
        assertThatThrownBy(() -> FindingCodes.with(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("codes.json");
    }

    @ParameterizedTest
    @CsvSource({
        "2, meaning, '{\"A\": [\n  {\"scheme\": \"SCT\", \"code\": \"1\", \"meaning\": \" \"}]}'",
        "3, code, '{\"A\": [],\n \"B\": [{\"scheme\": \"SCT\", \"code\": \"1\", \"meaning\": \"m\"},\n  {\"scheme\": \"SCT\", \"code\": \" \", \"meaning\": \"m\"}]}'",
        "1, scheme, '{\"A/~B\": {\"scheme\": \"\", \"code\": \"1\", \"meaning\": \"m\"}}'",
        "2, are the same, '{\"Pleural effusion\": [],\n \"pleural_Effusion\": []}'"
    })
    void aFaultyTableIsRefusedWithFileAndLine(int line, String what, String table) throws IOException {
        Path file = Files.writeString(folder.resolve("codes.json"), table);
        assertThatThrownBy(() -> FindingCodes.with(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("codes.json: line " + line + ": ")
                .hasMessageContaining(what);
    }

    private static SourceImage withOffset(String offset) {
        return SourceImage.of(
                TestImages.chest(3).with("TimezoneOffsetFromUTC", offset).file(), "x");
    }

    /** A data set has one offset, which also counts for the study's date and time that are copied. */
    @Test
    void timesAreByTheImagesClockWithItsOffset() {
        SourceImage early = SourceImage.of(
                StructuredReport.of(withOffset("-1000"), 1, ALGORITHM, FindingCodes.builtIn(), FINDINGS, TIME)
                        .file(),
                "report"); // 09:08:07 at +0100
        assertThat(early.text("TimezoneOffsetFromUTC")).isEqualTo("-1000");
        assertThat(early.text("ContentDate") + early.text("ContentTime")).isEqualTo("20240229220807");
        assertThat(early.text("InstanceCreationDate")).isEqualTo("20240229");
        assertThat(early.text("StudyDate") + early.text("StudyTime")).isEqualTo("20240229101500");
        for (SourceImage without : List.of(image, withOffset("+9900"), withOffset("0100"))) {
            SourceImage report = SourceImage.of(
                    StructuredReport.of(without, 1, ALGORITHM, FindingCodes.builtIn(), FINDINGS, TIME)
                            .file(),
                    "report");
            assertThat(report.has("TimezoneOffsetFromUTC")).isFalse();
            assertThat(report.text("ContentDate") + report.text("ContentTime")).isEqualTo("20240301090807");
        }
    }

    /** The map lies over the image, so nothing is known of text in it but what the image says. */
    @ParameterizedTest
    @ValueSource(strings = {"", "YES", "NO"})
    void aHeatmapSaysOfBurnedInTextWhatTheImageSays(String said) {
        SourceImage original = SourceImage.of(
                TestImages.chest(3).with("BurnedInAnnotation", said).file(), "x");
        Picture picture = new Picture(6, 4, 3, new byte[72]);
        SourceImage heatmap = SourceImage.of(
                HeatmapImage.of(original, 1, ALGORITHM, "Effusion", "rollout", picture, TIME)
                        .file(),
                "heatmap");
        assertThat(heatmap.text("BurnedInAnnotation")).isEqualTo(said);
        assertThat(heatmap.has("BurnedInAnnotation")).isEqualTo(!said.isEmpty());
    }

    @Test
    void whatHasNoStudyIsRefused() {
        assertThatThrownBy(() -> SourceImage.of(new byte[] {1, 2, 3}, "chest.png"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("chest.png: is not DICOM");
        byte[] without = TestImages.chest(1).with("StudyInstanceUID", "").file();
        assertThatThrownBy(() -> SourceImage.of(without, "chest.dcm"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("chest.dcm: has no StudyInstanceUID");
    }
}
