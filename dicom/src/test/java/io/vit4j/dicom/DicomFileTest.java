package io.vit4j.dicom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.PictureHeader;
import io.vit4j.image.PictureKind;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Files in every form that the standard and old programs know. */
class DicomFileTest {
    private static final byte[] PIXELS = {0, 50, 100, (byte) 150, (byte) 200, -1};
    private static final List<String> SYNTAXES =
            List.of(DicomWriter.IMPLICIT, DicomWriter.EXPLICIT, DicomWriter.BIG_ENDIAN);

    private static byte[] decoded(byte[] file) {
        return ImageDecoder.decode(file, "x", DecodeOptions.DEFAULT).pixels();
    }

    private static DicomWriter header(String syntax) {
        return new DicomWriter(syntax).text(Tag.SOP_CLASS, "UI", "1.2.840.10008.5.1.4.1.1.1.1");
    }

    @Test
    void withAndWithoutPreambleAndMetaHeader() {
        for (String syntax : SYNTAXES) {
            DicomWriter dataSet = header(syntax).picture();
            byte[] whole = DicomWriter.file(syntax, dataSet);
            assertThat(decoded(whole)).as(syntax).isEqualTo(PIXELS);
            assertThat(decoded(Arrays.copyOfRange(whole, 132, whole.length)))
                    .as("meta header first, %s", syntax)
                    .isEqualTo(PIXELS);
            assertThat(decoded(dataSet.bytes())).as("bare, %s", syntax).isEqualTo(PIXELS);
        }
    }

    @Test
    void aPreambleMayBeThatOfATiff() {
        byte[] preamble = Arrays.copyOf(new byte[] {'I', 'I', '*', 0, 8, 0, 0, 0}, 128);
        byte[] file = DicomWriter.file(
                DicomWriter.EXPLICIT,
                "1.2.840.10008.5.1.4.1.1.1.1",
                preamble,
                header(DicomWriter.EXPLICIT).picture());
        assertThat(ImageDecoder.kind(file).name()).isEqualTo("DICOM");
        assertThat(decoded(file)).isEqualTo(PIXELS);
    }

    @Test
    void sequencesOfAnyLengthArePassed() {
        for (String syntax : SYNTAXES) {
            for (boolean defined : new boolean[] {true, false}) {
                DicomWriter icon = header(syntax).picture();
                DicomWriter inner = new DicomWriter(syntax).sequence(0x00081140, defined, icon, icon);
                DicomWriter dataSet = header(syntax).sequence(0x00081115, defined, inner, new DicomWriter(syntax));
                assertThat(decoded(DicomWriter.file(syntax, dataSet.picture())))
                        .as("%s, %s", syntax, defined)
                        .isEqualTo(PIXELS);
            }
        }
    }

    @Test
    void nestingWithoutEndIsRefused() {
        DicomWriter deep = new DicomWriter(DicomWriter.EXPLICIT);
        for (int i = 0; i < 5000; i++) {
            deep.header(0x00081115, "SQ", -1).header(0xFFFEE000, "", -1);
        }
        byte[] file = DicomWriter.file(DicomWriter.EXPLICIT, deep);
        assertThatThrownBy(() -> decoded(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("its sequences are nested more than 32 deep");
    }

    @Test
    void codingsThatAreNotReadAreRefusedByName() {
        String[][] refused = {
            {"1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 lossless"},
            {"1.2.840.10008.1.2.4.110", "JPEG XL lossless"},
            {"1.2.840.10008.1.2.4.102", "MPEG-4 video"},
            {"1.2.3.4", "an unknown or private transfer syntax"}
        };
        for (String[] each : refused) {
            byte[] file = DicomWriter.file(each[0], header(DicomWriter.EXPLICIT).picture());
            assertThatThrownBy(() -> decoded(file)).hasMessageContaining("its pixels are coded as " + each[1]);
        }
    }

    @Test
    void paddingIsBlackAndHasNoSayInTheRange() {
        DicomWriter dataSet = header(DicomWriter.EXPLICIT)
                .words(Tag.SAMPLES_PER_PIXEL, "US", 1)
                .text(Tag.PHOTOMETRIC_INTERPRETATION, "CS", "MONOCHROME1")
                .words(Tag.ROWS, "US", 1)
                .words(Tag.COLUMNS, "US", 4)
                .words(Tag.BITS_ALLOCATED, "US", 16)
                .words(Tag.BITS_STORED, "US", 12)
                .words(Tag.HIGH_BIT, "US", 11)
                .words(Tag.PIXEL_REPRESENTATION, "US", 0)
                .words(Tag.PIXEL_PADDING, "US", 0)
                .text(Tag.PRESENTATION_LUT_SHAPE, "CS", "INVERSE");
        // pixels come after group 2050 here, which no reader minds
        dataSet.words(Tag.PIXELS, "OW", 0, 1000, 1200, 2000);
        assertThat(decoded(DicomWriter.file(DicomWriter.EXPLICIT, dataSet)))
                .containsExactly(0, 255, 204, 0); // the least is white, since MONOCHROME1 says so, once
    }

    @Test
    void objectsWithoutPicturesAreKnown() {
        for (String sopClass :
                List.of("1.2.840.10008.1.3.10", "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.11.1")) {
            byte[] report =
                    DicomWriter.file(DicomWriter.EXPLICIT, sopClass, new byte[128], header(DicomWriter.EXPLICIT));
            assertThat(ImageDecoder.kind(report).support()).isEqualTo(PictureKind.Support.WITHOUT_PICTURE);
            assertThatThrownBy(() -> decoded(report)).hasMessageContaining("it is a DICOM object without pixels");
        }
        byte[] xray = DicomWriter.file(
                DicomWriter.EXPLICIT, header(DicomWriter.EXPLICIT).picture());
        assertThat(ImageDecoder.kind(xray).support()).isEqualTo(PictureKind.Support.READ);
    }

    @Test
    void theHeaderGivesItsColumnsAndNothingElse() {
        DicomWriter dataSet = new DicomWriter(DicomWriter.EXPLICIT)
                .text(Tag.CHARACTER_SET, "CS", "ISO_IR 192")
                .text(Tag.SOP_CLASS, "UI", "1.2.840.10008.5.1.4.1.1.1.1")
                .text(Tag.SOP_INSTANCE, "UI", "1.2.3")
                .text(Tag.ACCESSION_NUMBER, "SH", "A-17")
                .text(Tag.MANUFACTURER, "LO", "Müller & Söhne", StandardCharsets.UTF_8)
                .text(0x00100010, "PN", "Doe^Jane")
                .text(Tag.PATIENT_ID, "LO", " 4711 ")
                .text(Tag.PATIENT_SEX, "CS", "F")
                .text(Tag.PATIENT_AGE, "AS", "058Y")
                .text(Tag.VIEW_POSITION, "CS", "PA")
                .text(Tag.STUDY_INSTANCE, "UI", "1.2")
                .text(Tag.SERIES_INSTANCE, "UI", "1.2.1")
                .text(Tag.LATERALITY, "CS", "Jane Doe") // no code
                .text(Tag.PIXEL_SPACING, "DS", "0.14\\0.15")
                .picture();
        byte[] file = DicomWriter.file(DicomWriter.EXPLICIT, dataSet);
        PictureHeader header = ImageDecoder.header(file).orElseThrow();
        assertThat(header.patient()).isEqualTo("4711");
        assertThat(header.identifiers()).containsExactly("1.2.3", "A-17");
        assertThat(header.columns().toString())
                .isEqualTo("{study=1.2, series=1.2.1, instance=1.2.3, sex=F, age=58, view_position=PA, laterality=,"
                        + " manufacturer=Müller & Söhne, pixel_spacing=0.14x0.15}");
        assertThat(ImageDecoder.header(Arrays.copyOf(file, 400))).isEmpty();
    }

    @Test
    void theViewsCodeStandsInForAViewPositionThatIsNotThere() {
        for (String[] view : new String[][] {
            {"272479007", "PA"}, {"399348003", "AP"}, {"R-10206", "AP"}, {"399173006", "LL"}, {"1", ""}
        }) {
            DicomWriter dataSet = new DicomWriter(DicomWriter.EXPLICIT)
                    .sequence(
                            Tag.VIEW_CODES, true, new DicomWriter(DicomWriter.EXPLICIT).text(0x00080100, "SH", view[0]))
                    .picture();
            PictureHeader header = ImageDecoder.header(DicomWriter.file(DicomWriter.EXPLICIT, dataSet))
                    .orElseThrow();
            assertThat(header.columns().get("view_position")).as(view[0]).isEqualTo(view[1]);
        }
    }

    @Test
    void textIsReadInItsCharacterSet() {
        assertThat(CharacterSets.decode("Bäcker".getBytes(StandardCharsets.ISO_8859_1), "ISO_IR 100"))
                .isEqualTo("Bäcker");
        assertThat(CharacterSets.decode("Люкceмбypг".getBytes(Charset.forName("ISO-8859-5")), "ISO_IR 144"))
                .isEqualTo("Люкceмбypг");
        assertThat(CharacterSets.decode("王小东".getBytes(Charset.forName("GB18030")), "GB18030"))
                .isEqualTo("王小东");
        byte[] japanese = "山田".getBytes(Charset.forName("ISO-2022-JP")); // the example of PS3.5, H.3.1
        assertThat(CharacterSets.decode(japanese, "")).isEqualTo("山田");
        byte[] korean = "\u001B$)C\u00B1\u00E8".getBytes(StandardCharsets.ISO_8859_1); // PS3.5, I.2: 김
        assertThat(CharacterSets.decode(korean, "")).isEqualTo("김");
    }

    @Test
    void aDirectoryListsItsImages() {
        DicomWriter patient = new DicomWriter(DicomWriter.EXPLICIT).text(Tag.RECORD_TYPE, "CS", "PATIENT");
        DicomWriter image = new DicomWriter(DicomWriter.EXPLICIT)
                .text(Tag.RECORD_TYPE, "CS", "IMAGE")
                .text(Tag.REFERENCED_FILE, "CS", "DICOM\\ST1\\IM1");
        DicomWriter report = new DicomWriter(DicomWriter.EXPLICIT)
                .text(Tag.RECORD_TYPE, "CS", "SR DOCUMENT")
                .text(Tag.REFERENCED_FILE, "CS", "DICOM\\SR1");
        byte[] directory = DicomWriter.file(
                DicomWriter.EXPLICIT,
                "1.2.840.10008.1.3.10",
                new byte[128],
                new DicomWriter(DicomWriter.EXPLICIT).sequence(Tag.DIRECTORY_RECORDS, true, patient, image, report));
        assertThat(ImageDecoder.listed("DICOMDIR", () -> directory)).contains(List.of("DICOM/ST1/IM1"));
    }
}
