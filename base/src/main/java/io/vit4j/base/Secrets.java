package io.vit4j.base;

import java.util.regex.Pattern;

/** Takes out of a message what no message may show: passwords and queries in addresses, which are often signatures. */
final class Secrets {
    /** {@code user:password@} behind {@code https://}. */
    private static final Pattern USER = Pattern.compile("(?<=://)[^\\s/?#]*@");

    /** What follows the question mark of an address. */
    private static final Pattern QUERY = Pattern.compile("(://[^\\s?]{1,2000}\\?)[^\\s\"')\\],;]+");

    private Secrets() {}

    /** The message with three asterisks in their place. */
    static String hidden(String message) {
        if (!message.contains("://")) {
            return message;
        }
        return QUERY.matcher(USER.matcher(message).replaceAll("***@")).replaceAll("$1***");
    }
}
