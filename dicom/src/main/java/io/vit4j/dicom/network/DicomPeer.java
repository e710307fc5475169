package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another program that speaks DICOM.
 *
 * @param title its application entity title
 * @param host name or address
 * @param port where it listens
 */
public record DicomPeer(String title, String host, int port) {
    private static final Pattern FORM = Pattern.compile("([^@:]{1,20})@([^@/\\s]+):(\\d{1,5})");
    private static final int LAST_PORT = 65535;

    /**
     * Reads {@code AET@HOST:PORT}; InputException if it is not of this form. The message does not repeat the text, which may be an
     * address with a password; hence no colon in the title, either.
     */
    public static DicomPeer parse(String text) {
        Matcher parts = FORM.matcher(text.strip());
        int port = parts.matches() ? Integer.parseInt(parts.group(3)) : 0;
        if (port < 1 || port > LAST_PORT) {
            throw new InputException("a DICOM peer is given as AET@HOST:PORT, such as ORTHANC@localhost:4242, and a"
                    + " DICOMweb service as http://... or https://...; correct it");
        }
        return new DicomPeer(AeTitle.of(parts.group(1)), parts.group(2), port);
    }

    @Override
    public String toString() {
        return title + "@" + host + ":" + port;
    }
}
