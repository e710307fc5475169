package io.vit4j.dicom.network;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes the first part out of a multipart answer (RFC 2046, 5.1). */
final class MultipartAnswer {
    private static final Pattern BOUNDARY = Pattern.compile("boundary=\"?([^\";,]{1,70})\"?", Pattern.CASE_INSENSITIVE);

    private MultipartAnswer() {}

    /** The bytes of the first part, or of an answer without parts; empty if the answer is damaged. */
    static Optional<byte[]> firstPart(DicomWebClient.Answer answer) {
        if (!answer.type().toLowerCase(Locale.ROOT).startsWith("multipart/")) {
            return Optional.of(answer.body());
        }
        Matcher boundary = BOUNDARY.matcher(answer.type());
        if (!boundary.find()) {
            return Optional.empty();
        }
        byte[] body = answer.body();
        byte[] delimiter = ascii("--" + boundary.group(1));
        int begin = indexOf(body, delimiter, 0);
        int headers = begin < 0 ? -1 : indexOf(body, ascii("\r\n\r\n"), begin + delimiter.length);
        int end = headers < 0 ? -1 : indexOf(body, ascii("\r\n--" + boundary.group(1)), headers + 4);
        return end < 0 ? Optional.empty() : Optional.of(Arrays.copyOfRange(body, headers + 4, end));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static int indexOf(byte[] bytes, byte[] searched, int from) {
        for (int at = from; at <= bytes.length - searched.length; at++) {
            if (bytes[at] == searched[0]
                    && Arrays.equals(bytes, at, at + searched.length, searched, 0, searched.length)) {
                return at;
            }
        }
        return -1;
    }
}
