package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.TestImages;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Images that come by HTTP are answered as PS3.18, 10.5.3 says. */
class StowServiceTest {
    private static final String TYPE = "multipart/related; type=\"application/dicom\"; boundary=\"a b\"";

    private final List<String> taken = new ArrayList<>();
    private final StowService service = new StowService((header, file) -> {
        if (header.text("StudyDescription").equals("no room")) {
            throw new InputException("the disk is full");
        }
        taken.add(header.text("SOPInstanceUID"));
    });

    private static byte[] body(byte[]... files) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes("preamble".getBytes(StandardCharsets.US_ASCII));
        for (byte[] file : files) {
            body.writeBytes("\r\n--a b\r\nContent-Type: application/dicom\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            body.writeBytes(file);
        }
        body.writeBytes("\r\n--a b--\r\n".getBytes(StandardCharsets.US_ASCII));
        return body.toByteArray();
    }

    private static String uid(JsonNode json, String sequence, int item) {
        return json.path(sequence)
                .path("Value")
                .path(item)
                .path("00081155")
                .path("Value")
                .path(0)
                .asText();
    }

    private static int reason(JsonNode json, int item) {
        return json.path("00081198")
                .path("Value")
                .path(item)
                .path("00081197")
                .path("Value")
                .path(0)
                .asInt();
    }

    @Test
    void allAreStored() {
        Attributes first = TestImages.chest(1);
        Attributes second = TestImages.chest(2);
        StowService.Answer answer = service.store(Optional.empty(), TYPE, body(first.file(), second.file()));
        assertThat(answer.status()).isEqualTo(200);
        JsonNode json = Json.parse(answer.json(), "answer");
        assertThat(uid(json, "00081199", 0)).isEqualTo(first.text("SOPInstanceUID"));
        assertThat(uid(json, "00081199", 1)).isEqualTo(second.text("SOPInstanceUID"));
        assertThat(json.has("00081198")).isFalse();
        assertThat(taken).containsExactly(first.text("SOPInstanceUID"), second.text("SOPInstanceUID"));
    }

    @Test
    void ofSeveralSomeAreStoredAndTheOthersHaveAReason() {
        byte[] noRoom = TestImages.chest(2).with("StudyDescription", "no room").file();
        byte[] report = TestImages.chest(3)
                .with("SOPClassUID", "1.2.840.10008.5.1.4.1.1.88.34")
                .file();
        StowService.Answer answer = service.store(
                Optional.empty(), TYPE, body(TestImages.chest(1).file(), noRoom, report, new byte[] {1, 2, 3}));
        assertThat(answer.status()).isEqualTo(202);
        JsonNode json = Json.parse(answer.json(), "answer");
        assertThat(uid(json, "00081199", 0)).isEqualTo(TestImages.chest(1).text("SOPInstanceUID"));
        assertThat(uid(json, "00081198", 0)).isEqualTo(TestImages.chest(2).text("SOPInstanceUID"));
        assertThat(List.of(reason(json, 0), reason(json, 1), reason(json, 2))).containsExactly(0xA700, 0x0122, 0xC000);
    }

    @Test
    void whatIsOfAnotherStudyIsNotStored() {
        StowService.Answer answer = service.store(
                Optional.of("1.2.3"), TYPE, body(TestImages.chest(1).file()));
        assertThat(answer.status()).isEqualTo(409);
        assertThat(reason(Json.parse(answer.json(), "answer"), 0)).isEqualTo(0xA900);
        assertThat(taken).isEmpty();
    }

    @Test
    void otherRequestsAreRefused() {
        byte[] body = body(TestImages.chest(1).file());
        assertThat(service.store(Optional.empty(), "application/json", body).status())
                .isEqualTo(415);
        assertThat(service.store(
                                Optional.empty(),
                                "multipart/related; type=\"application/dicom+json\"; boundary=b",
                                body)
                        .status())
                .isEqualTo(415);
        assertThat(service.store(Optional.empty(), TYPE.replace("a b", "c"), body)
                        .status())
                .isEqualTo(400);
        assertThat(service.store(Optional.empty(), TYPE, java.util.Arrays.copyOf(body, body.length - 20))
                        .status())
                .isEqualTo(400); // it was cut off
        assertThat(taken).isEmpty();
    }
}
