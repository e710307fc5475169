package io.vit4j.hub;

import io.vit4j.hub.PickleValue.Constant;
import io.vit4j.hub.PickleValue.Opaque;
import io.vit4j.hub.PickleValue.Text;
import io.vit4j.hub.PickleValue.Whole;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/** A pickle's bytes, and the arguments of its opcodes in them: lines, little-endian numbers, texts of a stated length. */
final class PickleInput {
    private static final int LONGEST_NUMBER = 1000;

    private final byte[] bytes;
    private int at;

    PickleInput(byte[] bytes) {
        this.bytes = bytes;
    }

    int position() {
        return at;
    }

    /** A number written out, as protocol 0 does; memo keys too. */
    static PickleValue decimal(String digits) {
        String number = digits.endsWith("L") ? digits.substring(0, digits.length() - 1) : digits;
        if (number.length() > LONGEST_NUMBER) {
            throw new PickleFault("has a number of " + number.length() + " digits");
        }
        if (number.equals("00") || number.equals("01")) { // how protocol 0 writes booleans
            return number.equals("01") ? Constant.TRUE : Constant.FALSE;
        }
        try {
            return number(new BigInteger(number.strip()));
        } catch (NumberFormatException e) {
            throw new PickleFault("has " + (number.length() > 40 ? "a text" : "\"" + number + "\"") + " for a number");
        }
    }

    /** A signed number of that many bytes, which are there. */
    PickleValue littleEndian(int length) {
        if (length > LONGEST_NUMBER) {
            throw new PickleFault("has a number of " + length + " bytes");
        }
        byte[] bigEndian = new byte[length + 1];
        for (int i = 0; i < length; i++) {
            bigEndian[length - i] = bytes[at + i];
        }
        bigEndian[0] = (byte) (length > 0 && bigEndian[1] < 0 ? -1 : 0);
        at += length;
        return number(new BigInteger(bigEndian));
    }

    private static PickleValue number(BigInteger number) {
        return number.bitLength() < 64 ? new Whole(number.longValue()) : new Opaque("the int " + number.toString(16));
    }

    /** A string as Python's repr writes it; escapes stay as they are, no weight's name has any. */
    static PickleValue quoted(String line) {
        String text = line.strip();
        boolean quoted = text.length() >= 2
                && (text.charAt(0) == '\'' || text.charAt(0) == '"')
                && text.charAt(text.length() - 1) == text.charAt(0);
        if (!quoted) {
            throw new PickleFault("has a string without quotes");
        }
        return new Text(text.substring(1, text.length() - 1));
    }

    Text text(int length) {
        Text text = new Text(new String(bytes, at, length, StandardCharsets.UTF_8));
        at += length;
        return text;
    }

    String line() {
        for (int i = at; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                String line = new String(bytes, at, i - at, StandardCharsets.UTF_8);
                at = i + 1;
                return line;
            }
        }
        throw endsEarly();
    }

    /** A length of that many bytes, of which as many are there to be read. */
    int length(int size) {
        long length = unsignedLong(size);
        if (length < 0 || length > bytes.length - at) {
            throw endsEarly();
        }
        return (int) length;
    }

    int unsigned(int size) {
        return (int) unsignedLong(size);
    }

    long unsignedLong(int size) {
        skip(size);
        long value = 0;
        for (int i = 1; i <= size; i++) {
            value = value << 8 | bytes[at - i] & 0xFF;
        }
        return value;
    }

    void skip(int size) {
        if (size > bytes.length - at) {
            throw endsEarly();
        }
        at += size;
    }

    private static PickleFault endsEarly() {
        return new PickleFault("ends before it is done");
    }
}
