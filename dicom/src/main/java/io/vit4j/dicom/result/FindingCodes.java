package io.vit4j.dicom.result;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Json;
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
 * Results name the first code of a label; the others are its equivalents. Case does not matter in labels, nor whether words are separated
 * by spaces, hyphens or underscores.
 */
public final class FindingCodes {
    /** The scheme of labels without a code (PS3.3, 8.2): private, and so begins with 99. */
    static final String PRIVATE_SCHEME = "99VIT4J";

    private static final Pattern SCHEME = Pattern.compile("[A-Za-z0-9_.-]{1,16}");
    private static final Pattern CODE = Pattern.compile("(?=.*\\S)[^\\\\\\p{Cntrl}]{1,64}");

    private final Map<String, List<CodedValue>> byLabel = new HashMap<>();

    private FindingCodes() {}

    /** {@return the table that comes with the program} */
    public static FindingCodes builtIn() {
        FindingCodes codes = new FindingCodes();
        try (InputStream in = FindingCodes.class.getResourceAsStream("finding-codes.json")) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            codes.add(text, "finding-codes.json");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return codes;
    }

    /** {@return the table that comes with the program, and a user's, whose labels replace those} InputException if it is not of its form. */
    public static FindingCodes with(Path file) {
        FindingCodes codes = builtIn();
        try {
            codes.add(OpenFiles.text(file), file.toString());
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the path", e);
        }
        return codes;
    }

    private void add(String text, String source) {
        JsonObject table = JsonObject.parse(text, source);
        Map<String, String> labels = new HashMap<>();
        for (String label : table.keys()) {
            String before = labels.put(key(label), label);
            if (before != null) {
                throw new InputException(source + ": line " + Json.lineOf(text, pointer(label)) + ": the labels \""
                        + before + "\" and \"" + label + "\" are the same; remove one");
            }
            List<CodedValue> codes = new ArrayList<>();
            for (JsonObject code : table.objects(label)) {
                int line = Json.lineOf(text, pointer(label) + "/" + codes.size());
                codes.add(read(code, source + ": line " + line + ": "));
            }
            byLabel.put(key(label), List.copyOf(codes));
        }
    }

    private static String pointer(String label) {
        return "/" + label.replace("~", "~0").replace("/", "~1");
    }

    private static CodedValue read(JsonObject code, String where) {
        CodedValue value = new CodedValue(code.text("scheme"), code.text("code"), code.text("meaning"));
        if (!SCHEME.matcher(value.scheme()).matches()) {
            throw new InputException(
                    where + "\"scheme\" must be a designator of up to 16 letters and digits, such as SCT; correct it");
        }
        if (!CODE.matcher(value.value()).matches()) {
            throw new InputException(where + "\"code\" must be a code of 1 to 64 characters; correct it");
        }
        if (value.meaning().isBlank()) {
            throw new InputException(where + "\"meaning\" is blank; give the code's meaning in words");
        }
        return value;
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
