package io.vit4j.dicom;

import java.util.List;

/**
 * A code with its meaning (PS3.3, section 8).
 *
 * @param scheme the coding scheme's designator, such as SCT (SNOMED CT) or RADLEX
 * @param value at best 16 characters
 * @param meaning for people
 */
public record CodedValue(String scheme, String value, String meaning) {
    private static final int LONGEST_VALUE = 16;
    private static final int LONGEST_MEANING = 64;

    /** {@return the code as an item of a sequence of codes} Longer meanings than an item takes are cut. */
    public Attributes item() {
        String shown = meaning.replace('\\', '/');
        return new Attributes()
                .with(value.length() <= LONGEST_VALUE ? "CodeValue" : "LongCodeValue", value.replace('\\', '/'))
                .with("CodingSchemeDesignator", scheme)
                .with("CodeMeaning", shown.length() <= LONGEST_MEANING ? shown : shown.substring(0, LONGEST_MEANING));
    }

    /** {@return the code as the only item of a sequence} */
    public List<Attributes> items() {
        return List.of(item());
    }
}
