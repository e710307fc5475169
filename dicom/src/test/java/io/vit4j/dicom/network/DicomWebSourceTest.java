package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.dicom.TestImages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Searches and retrievals at services that do not do what was asked for. */
@Timeout(60)
class DicomWebSourceTest {
    private static final int IMAGES = 7;

    private static String page(int from, int to) {
        return IntStream.range(from, Math.min(to, IMAGES))
                .mapToObj(i -> """
                        {"0020000D": {"vr": "UI", "Value": ["1.1"]}, "0020000E": {"vr": "UI", "Value": ["1.2"]},
                         "00080018": {"vr": "UI", "Value": ["1.3.%d"]}}""".formatted(i))
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private static int offset(String query) {
        return Arrays.stream(query.split("&"))
                .filter(part -> part.startsWith("offset="))
                .mapToInt(part -> Integer.parseInt(part.substring(7)))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7, 100})
    void allImagesAreFoundHoweverFewTheServiceSendsAtATime(int most) throws IOException {
        try (TestWebService service = new TestWebService(exchange -> {
            int from = offset(exchange.getRequestURI().getQuery());
            if (from >= IMAGES) {
                TestWebService.answer(exchange, 204, "");
            } else {
                TestWebService.answer(exchange, 200, page(from, from + most));
            }
        })) {
            assertThat(DicomWebSource.parse(service.address(), Optional.empty()).search())
                    .extracting(DicomWebSource.Instance::instance)
                    .containsExactly("1.3.0", "1.3.1", "1.3.2", "1.3.3", "1.3.4", "1.3.5", "1.3.6");
        }
    }

    @Test
    void aServiceThatKnowsNoOffsetEndsTheSearch() throws IOException {
        try (TestWebService service =
                new TestWebService(exchange -> TestWebService.answer(exchange, 200, page(0, IMAGES)))) {
            assertThat(DicomWebSource.parse(service.address(), Optional.empty()).search())
                    .hasSize(IMAGES);
            assertThat(service.requests).hasSize(2);
        }
    }

    @Test
    void modalitiesAreSearchedOneByOneWhateverTheirCase() throws IOException {
        try (TestWebService service = new TestWebService(exchange -> TestWebService.answer(exchange, 204, ""))) {
            DicomWebSource.parse(service.address() + "?modality=cr,dx&PatientName=A%20B", Optional.empty())
                    .search();
            assertThat(service.requests)
                    .hasSize(2)
                    .anyMatch(request -> request.contains("Modality=CR&PatientName=A%20B&limit="))
                    .anyMatch(request -> request.contains("Modality=DX&PatientName=A%20B&limit="));
        }
    }

    private static TestWebService sending(byte[] image) throws IOException {
        byte[] begin = "--b\r\nContent-Type: application/dicom\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        byte[] end = "\r\n--b--".getBytes(StandardCharsets.US_ASCII);
        byte[] body = Arrays.copyOf(begin, begin.length + image.length + end.length);
        System.arraycopy(image, 0, body, begin.length, image.length);
        System.arraycopy(end, 0, body, begin.length + image.length, end.length);
        return new TestWebService(exchange -> TestWebService.answer(
                exchange, 200, "multipart/related; type=\"application/dicom\"; boundary=b", body));
    }

    @Test
    void theImageThatIsRetrievedIsTheOneAskedFor() throws IOException {
        byte[] image = TestImages.chest(1).file();
        String instance = TestImages.chest(1).text("SOPInstanceUID");
        try (TestWebService service = sending(image)) {
            DicomWebSource source = DicomWebSource.parse(service.address(), Optional.empty());
            assertThat(source.retrieve(new DicomWebSource.Instance("1.1", "1.2", instance)))
                    .isEqualTo(image);
            assertThatThrownBy(() -> source.retrieve(new DicomWebSource.Instance("1.1", "1.2", instance + "9")))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("another image was sent");
        }
        try (TestWebService service = sending("<html>not found</html>".getBytes(StandardCharsets.US_ASCII))) {
            assertThatThrownBy(() -> DicomWebSource.parse(service.address(), Optional.empty())
                            .retrieve(new DicomWebSource.Instance("1.1", "1.2", instance)))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("is not DICOM");
        }
    }

    @Test
    void aRedirectIsNotFollowedAndTheOtherServerHearsNothing() throws IOException {
        try (TestWebService other = new TestWebService(exchange -> TestWebService.answer(exchange, 200, page(0, 1)));
                TestWebService service = new TestWebService(exchange -> {
                    exchange.getResponseHeaders().set("Location", other.address() + "/instances");
                    TestWebService.answer(exchange, 302, "");
                })) {
            assertThatThrownBy(() -> DicomWebSource.parse(service.address(), Optional.empty())
                            .search())
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("redirect")
                    .hasMessageNotContaining("secret");
            assertThat(other.requests).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pacs/dicom-web",
                "user:secret@pacs/dicom-web",
                "user:secret@pacs:443",
                "ftp://user:secret@pacs/dicom-web",
                "https:/user:secret@pacs/dicom-web",
                "https://user:sec#ret-secret@pacs/dicom-web",
                "https://user:pa/secret@pacs/dicom-web",
                "https://user:12/secret@pacs/dicom-web",
                "https://user:12?secret@pacs/dicom-web",
                "https://user:se%cret-secret@pacs/dicom-web",
                "http://pacs/dicom-web?secret",
                "http://pacs/dicom-web?PatientName=secret%",
                "http://pacs/dicom-web?limit=5"
            })
    void whatIsNoAddressIsRefusedWithoutRepeatingAPassword(String address) {
        assertThatThrownBy(() -> DicomWebSource.parse(address, Optional.empty()))
                .isInstanceOf(InputException.class)
                .hasMessageNotContaining("secret");
        if (!address.contains("?")) {
            assertThatThrownBy(() -> Destination.parse(address, "VIT4J", Optional.empty()))
                    .isInstanceOf(InputException.class)
                    .hasMessageNotContaining("secret");
        }
    }

    @Test
    void theSchemeMayBeInCapitals() {
        assertThat(Destination.parse("HTTPS://user:secret@pacs/dicom-web/", "VIT4J", Optional.empty()))
                .hasToString("HTTPS://pacs/dicom-web");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "A@b",
                "A@b:0",
                "A@b:65536",
                "@b:1",
                " @b:1",
                "A\u00E4@b:1",
                "LONGER-THAN-16-CHARS@b:1",
                "A\\B@b:1"
            })
    void whatIsNoPeerIsRefused(String text) {
        assertThatThrownBy(() -> DicomPeer.parse(text))
                .isInstanceOf(InputException.class)
                .hasMessageNotContaining(text);
        assertThat(DicomPeer.parse(" ORTHANC @pacs:4242")).isEqualTo(new DicomPeer("ORTHANC", "pacs", 4242));
        assertThat(List.of(DicomPeer.parse("A@[::1]:104").host())).containsExactly("[::1]");
    }
}
