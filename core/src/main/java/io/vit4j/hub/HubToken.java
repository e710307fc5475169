package io.vit4j.hub;

import io.vit4j.base.InputException;
import java.util.Optional;
import java.util.regex.Pattern;

/** A secret access token. It never appears in a message. */
public final class HubToken {
    private static final Pattern PRINTABLE = Pattern.compile("[!-~]{1,4096}");

    private final String secret;

    private HubToken(String secret) {
        this.secret = secret;
    }

    /** The token in a text, without surrounding space; empty if nothing is left. */
    static Optional<HubToken> clean(String text, String source) {
        String secret = text.strip();
        if (secret.isEmpty()) {
            return Optional.empty();
        }
        if (!PRINTABLE.matcher(secret).matches()) {
            throw new InputException(source + ": contains a token with invalid characters; set it again");
        }
        return Optional.of(new HubToken(secret));
    }

    /** The value of the header {@code Authorization}. */
    String authorization() {
        return "Bearer " + secret;
    }

    @Override
    public String toString() {
        return "***";
    }
}
