package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.dicom.StoredFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A DICOMweb service to which results are sent by STOW-RS (PS3.18, 10.5), one in each request. */
final class StowDestination implements Destination {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofMinutes(2);
    private static final int CONFLICT = 409;
    private static final int TOO_MANY = 429;

    private final URI studies;
    private final Optional<String> authorization;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    private StowDestination(URI studies, Optional<String> authorization) {
        this.studies = studies;
        this.authorization = authorization;
    }

    /** The address of a service, such as {@code https://user:password@host/dicom-web}. */
    static StowDestination parse(String text) {
        try {
            URI service = URI.create(text.replaceAll("/+$", ""));
            Optional<String> authorization = Optional.ofNullable(service.getUserInfo())
                    .map(user -> "Basic "
                            + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
            URI studies = new URI(
                    service.getScheme(),
                    null,
                    service.getHost(),
                    service.getPort(),
                    service.getPath() + "/studies",
                    null,
                    null);
            if (service.getHost() == null) {
                throw new InputException("'" + text + "' names no host; give the address of a DICOMweb service");
            }
            return new StowDestination(studies, authorization);
        } catch (IllegalArgumentException | java.net.URISyntaxException e) {
            throw new InputException("'" + text + "' is not an address; give that of a DICOMweb service", e);
        }
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
        body.writeBytes(("--" + boundary + "\r\nContent-Type: application/dicom\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        body.writeBytes(instance.file());
        body.writeBytes(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.US_ASCII));
        HttpRequest.Builder request = HttpRequest.newBuilder(studies)
                .timeout(ANSWER)
                .header("Content-Type", "multipart/related; type=\"application/dicom\"; boundary=" + boundary)
                .header("Accept", "application/dicom+json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()));
        authorization.ifPresent(value -> request.header("Authorization", value));
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
        return studies.toString();
    }
}
