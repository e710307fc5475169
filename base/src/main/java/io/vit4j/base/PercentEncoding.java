package io.vit4j.base;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Text as a part of an address (RFC 3986, 2.1). */
public final class PercentEncoding {
    private PercentEncoding() {}

    /** {@return the text with all but letters, digits and {@code -_.*} percent-encoded in UTF-8} */
    public static String of(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
