package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import java.util.regex.Pattern;

/** Application entity titles: names of programs that speak DICOM (PS3.5, 6.2, AE). */
public final class AeTitle {
    private static final Pattern FORM = Pattern.compile("[ -~&&[^@\\\\]]{1,16}");

    private AeTitle() {}

    /** {@return the title without spaces around it} InputException if it is none; the message does not repeat it. */
    public static String of(String text) {
        String title = text.strip();
        if (!FORM.matcher(title).matches()) {
            throw new InputException(
                    "an application entity title has 1 to 16 ASCII characters, without @ and backslash; correct it");
        }
        return title;
    }
}
