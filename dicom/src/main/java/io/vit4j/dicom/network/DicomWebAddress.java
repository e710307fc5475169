package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
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
    /** Reads an address such as {@code https://user:password@host/dicom-web}; InputException if it is none. */
    static DicomWebAddress parse(String text) {
        try {
            URI given = new URI(text.replaceAll("/+$", ""));
            boolean isHttp = "http".equals(given.getScheme()) || "https".equals(given.getScheme());
            if (!isHttp || given.getHost() == null) {
                throw new InputException(
                        "'" + text + "' is not the address of a DICOMweb service, such as" + " https://pacs/dicom-web");
            }
            Optional<String> authorization = Optional.ofNullable(given.getUserInfo())
                    .map(user -> "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
            URI base = new URI(given.getScheme(), null, given.getHost(), given.getPort(), given.getPath(), null, null);
            return new DicomWebAddress(base.toString(), authorization);
        } catch (URISyntaxException e) {
            throw new InputException("'" + text + "' is not an address: " + e.getReason(), e);
        }
    }

    URI resolve(String path) {
        return URI.create(base + path);
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return base;
    }
}
