package io.vit4j.dicom.network;

import io.vit4j.dicom.StoredFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A DICOMweb service to which results are sent by STOW-RS (PS3.18, 10.5), one in each request. */
final class StowDestination implements Destination {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofMinutes(2);
    private static final int CONFLICT = 409;
    private static final int TOO_MANY = 429;

    private final DicomWebAddress service;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    /** @param address of the service */
    StowDestination(String address) {
        service = DicomWebAddress.parse(address);
    }

    @Override
    public List<Outcome> send(List<StoredFile> instances) throws IOException {
        List<Outcome> outcomes = new ArrayList<>();
        for (StoredFile instance : instances) {
            outcomes.add(send(instance));
        }
        return outcomes;
    }

    private Outcome send(StoredFile instance) throws IOException {
        String boundary = "vit4j-" + UUID.randomUUID();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(
                ("--" + boundary + "\r\nContent-Type: application/dicom\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        body.writeBytes(instance.file());
        body.writeBytes(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.US_ASCII));
        HttpRequest.Builder request = HttpRequest.newBuilder(service.resolve("/studies"))
                .timeout(ANSWER)
                .header("Content-Type", "multipart/related; type=\"application/dicom\"; boundary=" + boundary)
                .header("Accept", "application/dicom+json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()));
        service.authorization().ifPresent(value -> request.header("Authorization", value));
        try {
            int status = client.send(request.build(), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
            return outcome(status);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** With a single instance, 202 says that it was stored with a warning, and 409 that it was not. */
    private static Outcome outcome(int status) throws IOException {
        if (status >= 200 && status < 300) {
            return Outcome.STORED;
        }
        if (status == CONFLICT || status == 400 || status == 413 || status == 415) {
            return Outcome.REFUSED;
        }
        if (status == TOO_MANY || status == 503) {
            return Outcome.LATER;
        }
        throw new ProtocolException("answers with HTTP status " + status);
    }

    @Override
    public String toString() {
        return service.toString();
    }
}
