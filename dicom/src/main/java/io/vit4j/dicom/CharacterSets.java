package io.vit4j.dicom;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Text in the character set that a header names (PS3.3, C.12.1.1.2). With code extensions (ISO 2022) escape sequences switch to
 * others, and a backslash, line end or equals sign back.
 */
final class CharacterSets {
    private static final Map<String, String> SINGLE = Map.ofEntries(
            Map.entry("ISO_IR 100", "ISO-8859-1"),
            Map.entry("ISO_IR 101", "ISO-8859-2"),
            Map.entry("ISO_IR 109", "ISO-8859-3"),
            Map.entry("ISO_IR 110", "ISO-8859-4"),
            Map.entry("ISO_IR 144", "ISO-8859-5"),
            Map.entry("ISO_IR 127", "ISO-8859-6"),
            Map.entry("ISO_IR 126", "ISO-8859-7"),
            Map.entry("ISO_IR 138", "ISO-8859-8"),
            Map.entry("ISO_IR 148", "ISO-8859-9"),
            Map.entry("ISO_IR 203", "ISO-8859-15"),
            Map.entry("ISO_IR 13", "JIS_X0201"),
            Map.entry("ISO_IR 166", "TIS-620"),
            Map.entry("ISO_IR 192", "UTF-8"),
            Map.entry("GB18030", "GB18030"),
            Map.entry("GBK", "GBK"));

    /** What an escape sequence switches to: characters of one byte, or of two. */
    private static final Map<String, String> ESCAPED = Map.ofEntries(
            Map.entry("-A", "ISO-8859-1"),
            Map.entry("-B", "ISO-8859-2"),
            Map.entry("-C", "ISO-8859-3"),
            Map.entry("-D", "ISO-8859-4"),
            Map.entry("-L", "ISO-8859-5"),
            Map.entry("-G", "ISO-8859-6"),
            Map.entry("-F", "ISO-8859-7"),
            Map.entry("-H", "ISO-8859-8"),
            Map.entry("-M", "ISO-8859-9"),
            Map.entry("-b", "ISO-8859-15"),
            Map.entry("-T", "TIS-620"),
            Map.entry(")I", "JIS_X0201"),
            Map.entry("(J", "JIS_X0201"),
            Map.entry("(B", "US-ASCII"),
            Map.entry("$B", "ISO-2022-JP"),
            Map.entry("$@", "ISO-2022-JP"),
            Map.entry("$(D", "ISO-2022-JP-2"),
            Map.entry("$)C", "EUC-KR"),
            Map.entry("$)A", "GB2312"));

    private CharacterSets() {}

    /**
     * Decodes a value.
     *
     * @param named what Specific Character Set names first; empty for ASCII
     */
    static String decode(byte[] value, String named) {
        Charset first = charset(SINGLE.getOrDefault(named.replace("ISO 2022 IR", "ISO_IR"), "UTF-8"));
        if (named.startsWith("ISO 2022") || contains(value, (byte) 0x1B)) {
            return escaped(value, named.isEmpty() ? StandardCharsets.US_ASCII : first);
        }
        return new String(value, first).strip();
    }

    private static boolean contains(byte[] value, byte searched) {
        for (byte one : value) {
            if (one == searched) {
                return true;
            }
        }
        return false;
    }

    private static String escaped(byte[] value, Charset first) {
        StringBuilder text = new StringBuilder();
        ByteArrayOutputStream run = new ByteArrayOutputStream();
        Charset current = first;
        String escape = "";
        for (int at = 0; at < value.length; ) {
            if (value[at] == 0x1B) {
                flush(run, current, escape, text);
                int length = at + 1 < value.length && value[at + 1] == '$' && at + 2 < value.length
                        ? value[at + 2] == ')' || value[at + 2] == '(' ? 3 : 2
                        : 2;
                int end = Math.min(value.length, at + 1 + length);
                escape = new String(value, at + 1, end - at - 1, StandardCharsets.ISO_8859_1);
                current = charset(ESCAPED.getOrDefault(escape, first.name()));
                at = end;
            } else {
                run.write(value[at++]);
            }
        }
        flush(run, current, escape, text);
        return text.toString().strip();
    }

    private static void flush(ByteArrayOutputStream run, Charset charset, String escape, StringBuilder text) {
        byte[] bytes = run.toByteArray();
        run.reset();
        if (charset.name().startsWith("ISO-2022-JP")) { // whose decoder takes the escape sequence
            ByteArrayOutputStream with = new ByteArrayOutputStream();
            with.write(0x1B);
            with.writeBytes(escape.getBytes(StandardCharsets.ISO_8859_1));
            with.writeBytes(bytes);
            bytes = with.toByteArray();
        }
        text.append(new String(bytes, charset));
    }

    /** The smaller Java runtimes lack some of them. */
    private static Charset charset(String name) {
        return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.ISO_8859_1;
    }
}
