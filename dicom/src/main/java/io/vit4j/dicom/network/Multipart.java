package io.vit4j.dicom.network;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes messages of several parts apart (RFC 2046, 5.1), as DICOMweb has them for instances. */
final class Multipart {
    private static final Pattern BOUNDARY =
            Pattern.compile("boundary=(?:\"([^\"]{1,70})\"|([^\\s\";,]{1,70}))", Pattern.CASE_INSENSITIVE);

    private Multipart() {}

    /** Whether a Content-Type is one of several parts. */
    static boolean isMultipart(String type) {
        return type.strip().toLowerCase(Locale.ROOT).startsWith("multipart/");
    }

    /** The parts without their headers; empty if the message is damaged, or has more parts than are taken. */
    static Optional<List<byte[]>> parts(String type, byte[] body, int most) {
        Matcher boundary = BOUNDARY.matcher(type);
        if (!boundary.find()) {
            return Optional.empty();
        }
        String name = boundary.group(1) == null ? boundary.group(2) : boundary.group(1);
        byte[] delimiter = ascii("\r\n--" + name);
        List<byte[]> parts = new ArrayList<>();
        int first = indexOf(body, ascii("--" + name), 0);
        int at = first < 0 ? -1 : first + delimiter.length - 2; // behind a delimiter
        while (at >= 0 && !startsWith(body, at, ascii("--"))) {
            int headers = indexOf(body, ascii("\r\n\r\n"), at);
            int end = headers < 0 ? -1 : indexOf(body, delimiter, headers + 4);
            if (end < 0 || parts.size() == most) {
                return Optional.empty();
            }
            parts.add(Arrays.copyOfRange(body, headers + 4, end));
            at = end + delimiter.length;
        }
        return parts.isEmpty() ? Optional.empty() : Optional.of(parts);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static boolean startsWith(byte[] bytes, int at, byte[] begin) {
        return at + begin.length <= bytes.length && Arrays.equals(bytes, at, at + begin.length, begin, 0, begin.length);
    }

    private static int indexOf(byte[] bytes, byte[] searched, int from) {
        for (int at = from; at <= bytes.length - searched.length; at++) {
            if (bytes[at] == searched[0] && startsWith(bytes, at, searched)) {
                return at;
            }
        }
        return -1;
    }
}
