package io.vit4j.serve;

import java.util.Base64;

/** Pictures within JSON: in base64, with or without the beginning of a data URL. */
final class Base64Pictures {
    private static final String DATA = "data:";
    private static final String MARK = ";base64,";

    private Base64Pictures() {}

    static byte[] decode(String text) {
        int from = 0;
        if (text.startsWith("http://") || text.startsWith("https://")) {
            throw HttpFault.badRequest(
                    "a picture is given by its address, but this server fetches nothing; send its bytes");
        }
        if (text.startsWith(DATA)) {
            int mark = text.indexOf(MARK);
            if (mark < 0) {
                throw HttpFault.badRequest("a picture is a data URL that is not in base64");
            }
            from = mark + MARK.length();
        }
        try {
            return Base64.getMimeDecoder().decode(from == 0 ? text : text.substring(from));
        } catch (IllegalArgumentException e) {
            throw HttpFault.badRequest("a picture is not in base64 (" + e.getMessage() + ")");
        }
    }
}
