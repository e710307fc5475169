package io.vit4j.dicom;

import io.vit4j.base.Sha256;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.UUID;
import java.util.regex.Pattern;

/** DICOM's unique identifiers made of UUIDs (PS3.5, B.2). */
public final class Uid {
    private static final Pattern FORM = Pattern.compile("[0-9]+(\\.[0-9]+)*");
    private static final int LONGEST = 64;

    private Uid() {}

    /**
     * {@return a UID that equal names always get} so that a result that is made again replaces itself.
     *
     * @param names of the thing, such as what it is, of which image, by which model
     */
    public static String of(String... names) {
        return of(uuid(names));
    }

    /** {@return {@code 2.25.} and the UUID as a decimal number} */
    public static String of(UUID uuid) {
        byte[] bytes = ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array();
        return "2.25." + new BigInteger(1, bytes);
    }

    /** {@return the UUID of names, of version 8 (RFC 9562): the first bits of their SHA-256} */
    public static UUID uuid(String... names) {
        MessageDigest digest = Sha256.digest();
        for (String name : names) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
            digest.update(bytes);
        }
        ByteBuffer first = ByteBuffer.wrap(digest.digest());
        long high = first.getLong() & ~0xF000L | 0x8000L;
        long low = first.getLong() & ~(0xC0L << 56) | 0x80L << 56;
        return new UUID(high, low);
    }

    /** Whether a text has the form of a UID, and so can be a file's name too. */
    public static boolean isValid(String text) {
        return text.length() <= LONGEST && FORM.matcher(text).matches();
    }
}
