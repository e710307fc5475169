package io.vit4j.dicom.result;

import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.CodedValue;
import java.util.ArrayList;
import java.util.List;

/** The content items of a structured report (PS3.3, C.17.3): a value with its name, and how it is related to the item above it. */
final class ContentItem {
    static final String CONTAINS = "CONTAINS";
    static final String CONCEPT_MODIFIER = "HAS CONCEPT MOD";
    static final String OBSERVATION_CONTEXT = "HAS OBS CONTEXT";
    static final String ACQUISITION_CONTEXT = "HAS ACQ CONTEXT";

    private ContentItem() {}

    /** DCM's own code, or another scheme's. */
    static CodedValue dcm(String value, String meaning) {
        return new CodedValue("DCM", value, meaning);
    }

    private static Attributes item(String relationship, String type, CodedValue name) {
        return new Attributes()
                .with("RelationshipType", relationship)
                .with("ValueType", type)
                .with("ConceptNameCodeSequence", name.items());
    }

    static Attributes container(String relationship, CodedValue name, List<Attributes> content) {
        return item(relationship, "CONTAINER", name)
                .with("ContinuityOfContent", "SEPARATE")
                .with("ContentSequence", content);
    }

    /** A container that follows a template of PS3.16. */
    static Attributes template(Attributes container, String identifier) {
        return container.with(
                "ContentTemplateSequence",
                List.of(new Attributes().with("MappingResource", "DCMR").with("TemplateIdentifier", identifier)));
    }

    static Attributes text(String relationship, CodedValue name, String value) {
        return item(relationship, "TEXT", name).with("TextValue", value);
    }

    static Attributes uid(String relationship, CodedValue name, String value) {
        return item(relationship, "UIDREF", name).with("UID", value);
    }

    static Attributes date(String relationship, CodedValue name, String value) {
        return item(relationship, "DATE", name).with("Date", value);
    }

    /** A code; its equivalents in other schemes come after it. */
    static Attributes code(String relationship, CodedValue name, List<CodedValue> codes) {
        Attributes first = codes.get(0).item();
        if (codes.size() > 1) {
            List<Attributes> equivalents = new ArrayList<>();
            codes.subList(1, codes.size()).forEach(code -> equivalents.add(code.item()));
            first.with("EquivalentCodeSequence", equivalents);
        }
        return item(relationship, "CODE", name).with("ConceptCodeSequence", List.of(first));
    }

    static Attributes code(String relationship, CodedValue name, CodedValue code) {
        return code(relationship, name, List.of(code));
    }

    static Attributes number(String relationship, CodedValue name, String value, CodedValue unit) {
        return item(relationship, "NUM", name)
                .with(
                        "MeasuredValueSequence",
                        List.of(new Attributes()
                                .with("NumericValue", value)
                                .with("MeasurementUnitsCodeSequence", unit.items())));
    }

    static Attributes image(String relationship, CodedValue name, Attributes reference) {
        return item(relationship, "IMAGE", name).with("ReferencedSOPSequence", List.of(reference));
    }

    /** An image of an image library, which has no name. */
    static Attributes libraryEntry(Attributes reference, List<Attributes> descriptors) {
        Attributes image = new Attributes()
                .with("RelationshipType", CONTAINS)
                .with("ValueType", "IMAGE")
                .with("ReferencedSOPSequence", List.of(reference));
        return descriptors.isEmpty() ? image : image.with("ContentSequence", descriptors);
    }
}
