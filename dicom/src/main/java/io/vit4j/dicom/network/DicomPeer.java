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
    private static final Pattern FORM = Pattern.compile("([^@\\\\]{1,16})@(.+):(\\d{1,5})");
    private static final int LAST_PORT = 65535;

    /** Reads {@code AET@HOST:PORT}; InputException if it is not of this form. */
    public static DicomPeer parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches() || Integer.parseInt(parts.group(3)) > LAST_PORT) {
            throw new InputException("'" + text + "' is not of the form AET@HOST:PORT, such as ORTHANC@localhost:4242");
        }
        return new DicomPeer(parts.group(1).strip(), parts.group(2), Integer.parseInt(parts.group(3)));
    }

    @Override
    public String toString() {
        return title + "@" + host + ":" + port;
    }
}
