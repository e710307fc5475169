package io.vit4j.dicom.result;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.JsonObject;
import io.vit4j.base.OpenFiles;
import io.vit4j.dicom.CodedValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The codes of findings, by the labels of models. A table comes with the program; users add their own, in the same form:
 *
 * <pre>{"Effusion": [{"scheme": "SCT", "code": "60046008", "meaning": "Pleural effusion"}]}</pre>
 *
 * The first code of a label is the one that results name, the others are its equivalents. Labels are compared without regard to case, and
 * to whether words are separated by spaces, hyphens or underscores.
 */
public final class FindingCodes {
    /** The scheme of labels without a code (PS3.3, 8.2): private, and so begins with 99. */
    static final String PRIVATE_SCHEME = "99VIT4J";

    private static final Pattern SCHEME = Pattern.compile("[A-Za-z0-9_.-]{1,16}");
    private static final Pattern CODE = Pattern.compile("[^\\\\\\p{Cntrl}]{1,64}");

    private final Map<String, List<CodedValue>> byLabel = new HashMap<>();

    private FindingCodes() {}

    /** {@return the table that comes with the program} */
    public static FindingCodes builtIn() {
        FindingCodes codes = new FindingCodes();
        try (InputStream in = FindingCodes.class.getResourceAsStream("finding-codes.json")) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            codes.add(JsonObject.parse(text, "finding-codes.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return codes;
    }

    /** {@return the table that comes with the program, and a user's, whose labels replace those} InputException if it is not of its form. */
    public static FindingCodes with(Path file) {
        FindingCodes codes = builtIn();
        try {
            codes.add(JsonObject.parse(OpenFiles.text(file), file.toString()));
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the path", e);
        }
        return codes;
    }

    private void add(JsonObject table) {
        for (String label : table.keys()) {
            List<CodedValue> codes = new ArrayList<>();
            for (JsonObject code : table.objects(label)) {
                CodedValue value = new CodedValue(code.text("scheme"), code.text("code"), code.text("meaning"));
                if (!SCHEME.matcher(value.scheme()).matches()) {
                    throw code.wrong("scheme", "a designator of up to 16 letters and digits, such as SCT");
                }
                if (!CODE.matcher(value.value()).matches()) {
                    throw code.wrong("code", "a code of up to 64 characters");
                }
                codes.add(value);
            }
            byLabel.put(key(label), List.copyOf(codes));
        }
    }

    private static String key(String label) {
        return label.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", " ");
    }

    /** {@return the codes of a label, at least one} A label that the table lacks is a code of its own, in the scheme 99VIT4J. */
    public List<CodedValue> of(String label) {
        List<CodedValue> known = byLabel.getOrDefault(key(label), List.of());
        return known.isEmpty() ? List.of(new CodedValue(PRIVATE_SCHEME, label, label)) : known;
    }
}
