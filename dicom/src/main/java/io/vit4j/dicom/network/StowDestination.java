package io.vit4j.dicom.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Json;
import io.vit4j.dicom.StoredFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.net.ssl.SSLContext;

/** A DICOMweb service to which results are sent by STOW-RS (PS3.18, 10.5), one in each request. */
final class StowDestination implements Destination {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long LONGEST_ANSWER = 1 << 20;
    private static final int ALL_STORED = 200;
    private static final int CONFLICT = 409;

    /** Answers to an instance that will be the same next time. */
    private static final Set<Integer> FOR_GOOD = Set.of(400, CONFLICT, 413, 415, 422);

    /** Answers to every instance alike: the address, the user or the password is wrong. */
    private static final Set<Integer> TO_ALL = Set.of(401, 403, 404, 405, 407);

    private final DicomWebAddress service;
    private final DicomWebClient client;

    StowDestination(DicomWebAddress service, Optional<SSLContext> tls) {
        this.service = service;
        client = new DicomWebClient(service, tls);
    }

    @Override
    public List<Outcome> send(List<StoredFile> instances) throws IOException {
        List<Outcome> outcomes = new ArrayList<>();
        for (StoredFile instance : instances) {
            try {
                outcomes.add(outcome(ask(instance)));
            } catch (ConnectException | HttpConnectTimeoutException | ProtocolException e) {
                if (outcomes.isEmpty()) {
                    throw e;
                }
                return outcomes;
            } catch (IOException e) {
                outcomes.add(Outcome.later(IoReason.of(e)));
                return outcomes;
            }
        }
        return outcomes;
    }

    private DicomWebClient.Answer ask(StoredFile instance) throws IOException {
        String boundary = "vit4j-" + UUID.randomUUID();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(
                ("--" + boundary + "\r\nContent-Type: application/dicom\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        body.writeBytes(instance.file());
        body.writeBytes(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.US_ASCII));
        HttpRequest.Builder request = HttpRequest.newBuilder()
                .header("Content-Type", "multipart/related; type=\"application/dicom\"; boundary=" + boundary)
                .header("Accept", "application/dicom+json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()));
        return client.send("/studies", request, LONGEST_ANSWER, PATIENCE);
    }

    /** What the status says of the request, and the body of the instance: a status of success may come with a failure. */
    static Outcome outcome(DicomWebClient.Answer answer) throws IOException {
        int status = answer.status();
        if (status / 100 == 3 || TO_ALL.contains(status)) {
            throw new ProtocolException(DicomWebClient.said(status));
        }
        if (answer.isSuccess() || status == CONFLICT) {
            Optional<Outcome> failure = failure(answer.body());
            if (failure.isPresent()) {
                return failure.get();
            }
        }
        if (answer.isSuccess()) {
            return status == ALL_STORED || isDicomJson(answer.body())
                    ? Outcome.STORED
                    : Outcome.later("HTTP status " + status + " without saying what was stored");
        }
        String reason = "HTTP status " + status;
        return FOR_GOOD.contains(status) ? Outcome.refused(reason) : Outcome.later(reason);
    }

    /** The first failure that an answer tells (PS3.18, 10.5.3): of the only instance that was sent. */
    private static Optional<Outcome> failure(byte[] body) {
        JsonNode failed = parsed(body).path("00081198").path("Value");
        if (failed.isEmpty()) {
            return Optional.empty();
        }
        int reason = failed.path(0).path("00081197").path("Value").path(0).asInt(Dimse.PROCESSING_FAILURE);
        return Optional.of(Outcome.of(reason == Dimse.SUCCESS ? Dimse.PROCESSING_FAILURE : reason));
    }

    private static boolean isDicomJson(byte[] body) {
        return parsed(body).has("00081199");
    }

    /** The response's data set, also as the only one of a list; nothing if it is something else. */
    private static JsonNode parsed(byte[] body) {
        try {
            JsonNode json = Json.parse(body, "answer");
            return json.isArray() ? json.path(0) : json;
        } catch (InputException e) {
            return Json.object();
        }
    }

    @Override
    public String toString() {
        return service.toString();
    }
}
