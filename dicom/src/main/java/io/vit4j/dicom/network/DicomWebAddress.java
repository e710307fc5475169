package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * The address of a DICOMweb service.
 *
 * @param base without user, query, and slashes at the end
 * @param authorization the header's value for user and password, if the address had them
 */
record DicomWebAddress(String base, Optional<String> authorization) {
    /** Whether a text looks like an address, and not like {@code AET@HOST:PORT}. */
    static boolean isAddress(String text) {
        return text.strip().regionMatches(true, 0, "http://", 0, 7) || isEncrypted(text);
    }

    /** Whether an address is one of HTTPS. */
    static boolean isEncrypted(String text) {
        return text.strip().regionMatches(true, 0, "https://", 0, 8);
    }

    /**
     * Reads an address such as {@code https://user:password@host/dicom-web}. InputException if it is none; the message does not repeat
     * the text, in which a password may be at any place.
     */
    static DicomWebAddress parse(String text) {
        try {
            URI given = new URI(text.strip().replaceAll("/+$", ""));
            boolean isPlain = given.getRawQuery() == null && given.getRawFragment() == null;
            if (!isAddress(text)
                    || given.getHost() == null
                    || !isPlain
                    || given.getRawPath().contains("@")) {
                throw wrong();
            }
            Optional<String> authorization = Optional.ofNullable(given.getUserInfo())
                    .map(user -> "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
            URI base = new URI(given.getScheme(), null, given.getHost(), given.getPort(), given.getPath(), null, null);
            return new DicomWebAddress(base.toString(), authorization);
        } catch (URISyntaxException e) {
            throw wrong(); // without the cause, whose message is the text
        }
    }

    /**
     * The same.
     *
     * @param encrypted whether only an https:// address will do, since certificates were given
     */
    static DicomWebAddress parse(String text, boolean encrypted) {
        DicomWebAddress address = parse(text);
        if (encrypted && !isEncrypted(text)) {
            throw new InputException("requests cannot go over TLS to an http:// address; give its https:// address");
        }
        return address;
    }

    private static InputException wrong() {
        return new InputException("that is not the address of a DICOMweb service, such as"
                + " https://user:password@pacs/dicom-web; in user and password, percent-encode / ? # @ : and %");
    }

    URI resolve(String path) {
        return URI.create(base + path);
    }

    @Override
    public String toString() {
        return base;
    }
}
