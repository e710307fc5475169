package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.TestImages;
import io.vit4j.dicom.network.Destination.Outcome.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a STOW-RS service answers, by its status and by what its response says of the instance (PS3.18, 10.5.3). */
@Timeout(60)
class StowDestinationTest {
    private static final String STORED = """
            {"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2.3"]}}]}}""";

    private static StoredFile image(int number) {
        return StoredFile.of(TestImages.chest(number).file());
    }

    private static Destination destination(TestWebService service) {
        return Destination.parse(service.address(), "VIT4J", Optional.empty());
    }

    private static String failed(int reason) {
        return """
                {"00081198": {"vr": "SQ", "Value": [{
                  "00081150": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.88.34"]},
                  "00081155": {"vr": "UI", "Value": ["1.2.3"]},
                  "00081197": {"vr": "US", "Value": [%d]}}]}}""".formatted(reason);
    }

    /** Status, failure reason (hexadecimal; none: the response says that it was stored), what it means. */
    @ParameterizedTest
    @CsvSource({
        "200, , STORED",
        "202, , STORED",
        "200, A700, LATER",
        "202, 0213, LATER",
        "409, 0110, LATER",
        "409, 0213, LATER",
        "200, C000, REFUSED",
        "202, A900, REFUSED",
        "409, 0122, REFUSED",
        "409, 0111, STORED", // it is there already
        "400, , REFUSED",
        "413, , REFUSED",
        "500, , LATER",
        "503, , LATER",
        "429, , LATER"
    })
    void theFailureReasonCountsMoreThanTheStatus(int status, String reason, Kind expected) throws IOException {
        String body = reason == null ? STORED : failed(Integer.parseInt(reason, 16));
        try (TestWebService service = new TestWebService(exchange -> TestWebService.answer(exchange, status, body))) {
            assertThat(destination(service).send(List.of(image(1))))
                    .extracting(Destination.Outcome::kind)
                    .containsExactly(expected);
        }
    }

    @Test
    void a202ThatDoesNotSayWhatWasStoredIsNotTakenForSuccess() throws IOException {
        try (TestWebService service = new TestWebService(exchange -> TestWebService.answer(exchange, 202, ""))) {
            assertThat(destination(service).send(List.of(image(1))))
                    .extracting(Destination.Outcome::kind)
                    .containsExactly(Kind.LATER);
        }
    }

    @Test
    void anInstanceThatTheServiceFailsOnDoesNotKeepTheNextFromIt() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (TestWebService service = new TestWebService(
                exchange -> TestWebService.answer(exchange, asked.getAndIncrement() == 0 ? 500 : 200, STORED))) {
            assertThat(destination(service).send(List.of(image(1), image(2))))
                    .extracting(Destination.Outcome::kind)
                    .containsExactly(Kind.LATER, Kind.STORED);
        }
    }

    @Test
    void aRedirectIsNotFollowedAndTheOtherServerHearsNothing() throws IOException {
        try (TestWebService other = new TestWebService(exchange -> TestWebService.answer(exchange, 200, STORED));
                TestWebService service = new TestWebService(exchange -> {
                    exchange.getResponseHeaders().set("Location", other.address() + "/studies");
                    TestWebService.answer(exchange, 307, "");
                })) {
            assertThatThrownBy(() -> destination(service).send(List.of(image(1))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("HTTP status 307, a redirect");
            assertThat(other.requests).isEmpty();
        }
    }

    @Test
    void aWrongPasswordConcernsAllAndNothingIsRefused() throws IOException {
        try (TestWebService service = new TestWebService(exchange -> TestWebService.answer(exchange, 401, ""))) {
            assertThatThrownBy(() -> destination(service).send(List.of(image(1))))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining("401");
        }
    }

    @Test
    void anAnswerThatNeverEndsIsGivenUp() throws IOException {
        try (TestWebService service = new TestWebService(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try {
                while (true) {
                    exchange.getResponseBody().write(' ');
                    exchange.getResponseBody().flush();
                    Thread.sleep(20);
                }
            } catch (InterruptedException e) {
                exchange.close();
            }
        })) {
            DicomWebClient client = new DicomWebClient(DicomWebAddress.parse(service.address()), Optional.empty());
            assertThatThrownBy(() -> client.send("/studies", get(), 1 << 20, Duration.ofSeconds(1)))
                    .isInstanceOf(HttpTimeoutException.class);
        }
    }

    @Test
    void anAnswerThatIsTooLongIsGivenUp() throws IOException {
        try (TestWebService service =
                new TestWebService(exchange -> TestWebService.answer(exchange, 200, "text/plain", new byte[100_000]))) {
            DicomWebClient client = new DicomWebClient(DicomWebAddress.parse(service.address()), Optional.empty());
            assertThat(client.send("/studies", get(), 100_000, Duration.ofSeconds(30))
                            .body())
                    .hasSize(100_000);
            assertThatThrownBy(() -> client.send("/studies", get(), 99_999, Duration.ofSeconds(30)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("more than 99999 bytes");
        }
    }

    private static HttpRequest.Builder get() {
        return HttpRequest.newBuilder(URI.create("http://localhost")).GET();
    }
}
