package io.vit4j.dicom.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Json;
import io.vit4j.dicom.Uid;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Images of a DICOMweb service: found by QIDO-RS (PS3.18, 10.6), and retrieved by WADO-RS (10.4). */
public final class DicomWebSource {
    private static final int PAGE = 200;
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofMinutes(2);
    private static final Pattern BOUNDARY = Pattern.compile("boundary=\"?([^\";,]{1,70})\"?", Pattern.CASE_INSENSITIVE);
    private static final byte[] END_OF_HEADERS = {'\r', '\n', '\r', '\n'};

    private final DicomWebAddress service;
    private final List<String> queries;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();

    /** Where an image is. */
    public record Instance(String study, String series, String instance) {}

    private DicomWebSource(DicomWebAddress service, List<String> queries) {
        this.service = service;
        this.queries = queries;
    }

    /**
     * The address of a service and what is looked for, such as
     * {@code https://pacs/dicom-web?StudyDate=20240101-20240131&Modality=CR,DX}. Several modalities are several searches.
     *
     * @throws InputException if it is no address
     */
    public static DicomWebSource parse(String text) {
        int question = text.indexOf('?');
        DicomWebAddress service = DicomWebAddress.parse(question < 0 ? text : text.substring(0, question));
        List<String> queries = new ArrayList<>(List.of(""));
        for (String condition :
                question < 0 ? new String[0] : text.substring(question + 1).split("&")) {
            int equals = condition.indexOf('=');
            if (equals < 1) {
                throw new InputException(
                        "'" + condition + "' is no condition; give ATTRIBUTE=VALUE, such as" + " Modality=CR");
            }
            String name = condition.substring(0, equals);
            String value = URLDecoder.decode(condition.substring(equals + 1), StandardCharsets.UTF_8);
            List<String> more = new ArrayList<>();
            for (String before : queries) {
                for (String one : name.equals("Modality") ? value.split(",") : new String[] {value}) {
                    more.add(before + DicomWebAddress.encoded(name) + "=" + DicomWebAddress.encoded(one) + "&");
                }
            }
            queries = more;
        }
        return new DicomWebSource(service, List.copyOf(queries));
    }

    /** {@return all images that are found} InputException if the service does not answer as it should. */
    public List<Instance> search() {
        Set<Instance> found = new LinkedHashSet<>();
        for (String query : queries) {
            int before = -1;
            for (int offset = 0; before != found.size(); offset += PAGE) {
                before = found.size();
                String path = "/instances?" + query + "limit=" + PAGE + "&offset=" + offset;
                HttpResponse<byte[]> answer = get(path, "application/dicom+json");
                if (answer.statusCode() == 204) {
                    break;
                }
                JsonNode page = Json.parse(answer.body(), service + "/instances");
                page.forEach(instance -> found.add(
                        new Instance(uid(instance, "0020000D"), uid(instance, "0020000E"), uid(instance, "00080018"))));
                if (page.size() < PAGE) {
                    break;
                }
            }
        }
        return List.copyOf(found);
    }

    private String uid(JsonNode instance, String tag) {
        String uid = instance.path(tag).path("Value").path(0).asText();
        if (!Uid.isValid(uid)) {
            throw new InputException(service + ": finds images without their UIDs; is it a DICOMweb service?");
        }
        return uid;
    }

    /** {@return an image's file (PS3.10), in the transfer syntax in which the service has it} InputException if it cannot be had. */
    public byte[] retrieve(Instance image) {
        String path = "/studies/" + image.study() + "/series/" + image.series() + "/instances/" + image.instance();
        HttpResponse<byte[]> answer = get(path, "multipart/related; type=\"application/dicom\"; transfer-syntax=*");
        String type = answer.headers().firstValue("Content-Type").orElse("");
        Optional<byte[]> file = type.toLowerCase(java.util.Locale.ROOT).startsWith("multipart/")
                ? firstPart(answer.body(), type)
                : Optional.of(answer.body());
        return file.orElseThrow(() -> new InputException(service + path + ": answers something else than an image"));
    }

    /** The bytes between the headers of the first part and the boundary behind it. */
    private static Optional<byte[]> firstPart(byte[] body, String type) {
        Matcher boundary = BOUNDARY.matcher(type);
        if (!boundary.find()) {
            return Optional.empty();
        }
        byte[] delimiter = ("--" + boundary.group(1)).getBytes(StandardCharsets.US_ASCII);
        int begin = indexOf(body, delimiter, 0);
        int headers = begin < 0 ? -1 : indexOf(body, END_OF_HEADERS, begin);
        int end = headers < 0
                ? -1
                : lastIndexOf(body, ("\r\n--" + boundary.group(1)).getBytes(StandardCharsets.US_ASCII));
        return end < headers + 4 ? Optional.empty() : Optional.of(Arrays.copyOfRange(body, headers + 4, end));
    }

    private static int indexOf(byte[] bytes, byte[] searched, int from) {
        for (int at = from; at <= bytes.length - searched.length; at++) {
            if (Arrays.equals(bytes, at, at + searched.length, searched, 0, searched.length)) {
                return at;
            }
        }
        return -1;
    }

    private static int lastIndexOf(byte[] bytes, byte[] searched) {
        for (int at = bytes.length - searched.length; at >= 0; at--) {
            if (Arrays.equals(bytes, at, at + searched.length, searched, 0, searched.length)) {
                return at;
            }
        }
        return -1;
    }

    private HttpResponse<byte[]> get(String path, String accept) {
        URI address = service.resolve(path);
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address).timeout(ANSWER).header("Accept", accept);
        service.authorization().ifPresent(value -> request.header("Authorization", value));
        try {
            HttpResponse<byte[]> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            if (answer.statusCode() / 100 != 2) {
                throw new InputException(address + ": answers with HTTP status " + answer.statusCode()
                        + "; check the address and what is looked for");
            }
            return answer;
        } catch (IOException e) {
            throw new InputException(
                    address + ": cannot be reached (" + IoReason.of(e) + "); check the address and the network", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InputException(address + ": interrupted", e);
        }
    }
}
