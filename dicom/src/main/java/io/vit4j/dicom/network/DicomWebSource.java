package io.vit4j.dicom.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Json;
import io.vit4j.base.PercentEncoding;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.Uid;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;

/** Images of a DICOMweb service: found by QIDO-RS (PS3.18, 10.6), and retrieved by WADO-RS (10.4). */
public final class DicomWebSource {
    private static final int PAGE = 200;
    private static final int MOST_FOUND = 5_000_000;
    private static final long LONGEST_PAGE = 64 << 20;
    private static final long LONGEST_IMAGE = 1L << 30;
    private static final Duration SEARCH = Duration.ofMinutes(2);
    private static final Duration RETRIEVAL = Duration.ofMinutes(10);

    private final DicomWebAddress service;
    private final List<String> queries;
    private final DicomWebClient client;

    /** Where an image is. */
    public record Instance(String study, String series, String instance) {}

    private DicomWebSource(DicomWebAddress service, List<String> queries, Optional<SSLContext> tls) {
        this.service = service;
        this.queries = queries;
        client = new DicomWebClient(service, tls);
    }

    /**
     * The address of a service and what to look for, such as
     * {@code https://pacs/dicom-web?StudyDate=20240101-20240131&Modality=CR,DX}. Several modalities are several searches.
     *
     * @param tls for HTTPS; empty: Java's own certificates count
     * @throws InputException if it is not of this form; the message does not repeat the text, which may contain a password
     */
    public static DicomWebSource parse(String text, Optional<SSLContext> tls) {
        int question = text.indexOf('?');
        DicomWebAddress service =
                DicomWebAddress.parse(question < 0 ? text : text.substring(0, question), tls.isPresent());
        List<String> queries = new ArrayList<>(List.of(""));
        for (String condition :
                question < 0 ? new String[0] : text.substring(question + 1).split("&")) {
            queries = with(queries, condition);
        }
        return new DicomWebSource(service, List.copyOf(queries), tls);
    }

    private static List<String> with(List<String> queries, String condition) {
        int equals = condition.indexOf('=');
        if (equals < 1) {
            throw new InputException("what follows the ? of the address must be ATTRIBUTE=VALUE&..., such as"
                    + " StudyDate=20240101-20240131&Modality=CR,DX");
        }
        String name = condition.substring(0, equals);
        if (name.equals("limit") || name.equals("offset")) {
            throw new InputException("vit4j sets " + name + " itself, page by page; leave it out of the address");
        }
        boolean isModality = name.equalsIgnoreCase("Modality") || name.equals("00080060");
        String value = decoded(condition.substring(equals + 1));
        List<String> more = new ArrayList<>();
        for (String before : queries) {
            for (String one : isModality ? value.toUpperCase(Locale.ROOT).split(",") : new String[] {value}) {
                more.add(before + PercentEncoding.of(isModality ? "Modality" : name) + "="
                        + PercentEncoding.of(one.strip()) + "&");
            }
        }
        return more;
    }

    private static String decoded(String value) {
        try {
            return URLDecoder.decode(value, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new InputException("a value behind the ? of the address has a % without two digits; write it as %25");
        }
    }

    /** {@return all images that are found} InputException if the service does not answer as it should. */
    public List<Instance> search() {
        Set<Instance> found = new LinkedHashSet<>();
        for (String query : queries) {
            boolean isNew = true; // a service that knows no offset sends the first page again
            for (int offset = 0; isNew; ) {
                List<Instance> page = page(query, offset);
                isNew = found.addAll(page);
                offset += page.size(); // which may be less than was asked for, and yet not all
                if (found.size() > MOST_FOUND) {
                    throw new InputException(service + ": finds more than " + MOST_FOUND + " images; look for fewer");
                }
            }
        }
        return List.copyOf(found);
    }

    private List<Instance> page(String query, int offset) {
        String path = "/instances?" + query + "limit=" + PAGE + "&offset=" + offset;
        DicomWebClient.Answer answer = get(path, "application/dicom+json", LONGEST_PAGE, SEARCH, "");
        if (answer.status() == 204) {
            return List.of();
        }
        List<Instance> page = new ArrayList<>();
        Json.parse(answer.body(), service + "/instances")
                .forEach(instance -> page.add(
                        new Instance(uid(instance, "0020000D"), uid(instance, "0020000E"), uid(instance, "00080018"))));
        return page;
    }

    private String uid(JsonNode instance, String tag) {
        String uid = instance.path(tag).path("Value").path(0).asText();
        if (!Uid.isValid(uid)) {
            throw new InputException(service + ": finds images without their UIDs; is it a DICOMweb service?");
        }
        return uid;
    }

    /**
     * {@return an image's file (PS3.10), in the transfer syntax that the service stores it in}
     *
     * @throws InputException if the service does not send it, or sends another instance
     */
    public byte[] retrieve(Instance image) {
        String path = "/studies/" + image.study() + "/series/" + image.series() + "/instances/" + image.instance();
        String name = "image " + image.instance();
        DicomWebClient.Answer answer = get(
                path,
                "multipart/related; type=\"application/dicom\"; transfer-syntax=*",
                LONGEST_IMAGE,
                RETRIEVAL,
                name + ": ");
        byte[] file = Multipart.isMultipart(answer.type())
                ? Multipart.parts(answer.type(), answer.body(), 1)
                        .orElseThrow(() -> new InputException(
                                service + ": " + name + ": the answer is not one image; is it a DICOMweb service?"))
                        .get(0)
                : answer.body();
        String sent = SourceImage.of(file, service + ": " + name).text("SOPInstanceUID");
        if (!sent.equals(image.instance())) {
            throw new InputException(service + ": " + name + ": another image was sent, " + sent
                    + "; report this to those who run the service");
        }
        return file;
    }

    private DicomWebClient.Answer get(String path, String accept, long longest, Duration patience, String what) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder().GET().header("Accept", accept);
            DicomWebClient.Answer answer = client.send(path, request, longest, patience);
            if (!answer.isSuccess()) {
                throw new InputException(service + ": " + what + DicomWebClient.said(answer.status())
                        + "; check the address, user and password, and what is looked for");
            }
            return answer;
        } catch (IOException e) {
            throw new InputException(
                    service + ": " + what + "cannot be reached (" + IoReason.of(e)
                            + "); check the address and the network",
                    e);
        }
    }
}
