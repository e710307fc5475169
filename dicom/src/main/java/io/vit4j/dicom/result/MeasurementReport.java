package io.vit4j.dicom.result;

import static io.vit4j.dicom.result.ContentItem.ACQUISITION_CONTEXT;
import static io.vit4j.dicom.result.ContentItem.CONCEPT_MODIFIER;
import static io.vit4j.dicom.result.ContentItem.CONTAINS;
import static io.vit4j.dicom.result.ContentItem.OBSERVATION_CONTEXT;
import static io.vit4j.dicom.result.ContentItem.dcm;

import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.CodedValue;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.Uid;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The content of a structured report by TID 1500 (PS3.16): a group by TID 1501 for every finding, with its code, the model's certainty,
 * the decision, the model, and the image that it is about.
 */
final class MeasurementReport {
    static final CodedValue CERTAINTY = dcm("111012", "Certainty of Finding");
    static final CodedValue PERCENT = new CodedValue("UCUM", "%", "Percent");
    static final CodedValue PRESENT = new CodedValue("SCT", "52101004", "Present");
    static final CodedValue ABSENT = new CodedValue("SCT", "272519000", "Absent");

    private static final CodedValue FINDING = dcm("121071", "Finding");
    private static final CodedValue PIXELS = new CodedValue("UCUM", "{pixels}", "Pixels");
    private static final CodedValue CHEST = new CodedValue("SCT", "51185008", "Chest");
    private static final CodedValue CHEST_X_RAY = new CodedValue("SCT", "399208008", "Plain chest X-ray");
    private static final CodedValue IMAGING = new CodedValue("SCT", "363679005", "Imaging procedure");

    /** Of CID 29. */
    private static final Map<String, String> MODALITIES = Map.of(
            "CR", "Computed Radiography",
            "DX", "Digital Radiography",
            "RG", "Radiographic imaging",
            "CT", "Computed Tomography",
            "MR", "Magnetic Resonance",
            "MG", "Mammography",
            "US", "Ultrasound",
            "XA", "X-Ray Angiography",
            "RF", "Radio Fluoroscopy",
            "OP", "Ophthalmic Photography");

    private final SourceImage image;
    private final Algorithm algorithm;
    private final FindingCodes codes;
    private final Attributes reference;

    MeasurementReport(SourceImage image, int frame, Algorithm algorithm, FindingCodes codes) {
        this.image = image;
        this.algorithm = algorithm;
        this.codes = codes;
        reference = CommonModules.reference(image, frame);
    }

    /** Adds the content to a document. */
    void addTo(Attributes document, List<ResultFinding> findings) {
        List<Attributes> content = new ArrayList<>();
        content.add(ContentItem.code(
                CONCEPT_MODIFIER,
                dcm("121049", "Language of Content Item and Descendants"),
                new CodedValue("RFC5646", "en", "English")));
        addObserver(content);
        content.add(ContentItem.code(CONCEPT_MODIFIER, dcm("121058", "Procedure reported"), procedure()));
        content.add(imageLibrary());
        content.add(ContentItem.container(
                CONTAINS,
                dcm("126010", "Imaging Measurements"),
                findings.stream().map(this::group).toList()));
        document.with("ValueType", "CONTAINER")
                .with(
                        "ConceptNameCodeSequence",
                        dcm("126000", "Imaging Measurement Report").items())
                .with("ContinuityOfContent", "SEPARATE")
                .with("ContentSequence", content);
        ContentItem.template(document, "1500");
    }

    /** TID 1002 and 1004: a device. */
    private void addObserver(List<Attributes> content) {
        content.add(ContentItem.code(OBSERVATION_CONTEXT, dcm("121005", "Observer Type"), dcm("121007", "Device")));
        content.add(ContentItem.uid(
                OBSERVATION_CONTEXT, dcm("121012", "Device Observer UID"), Uid.of("device", algorithm.version())));
        content.add(ContentItem.text(OBSERVATION_CONTEXT, dcm("121013", "Device Observer Name"), algorithm.name()));
        content.add(ContentItem.text(
                OBSERVATION_CONTEXT, dcm("121014", "Device Observer Manufacturer"), Algorithm.MANUFACTURER));
        content.add(
                ContentItem.text(OBSERVATION_CONTEXT, dcm("121015", "Device Observer Model Name"), algorithm.name()));
        content.add(ContentItem.text(
                OBSERVATION_CONTEXT, dcm("121016", "Device Observer Serial Number"), algorithm.version()));
    }

    private boolean isChest() {
        return image.text("BodyPartExamined").toUpperCase(Locale.ROOT).contains("CHEST");
    }

    private CodedValue procedure() {
        String modality = image.text("Modality");
        return isChest() && (modality.equals("CR") || modality.equals("DX")) ? CHEST_X_RAY : IMAGING;
    }

    /** TID 1600 with a single image. */
    private Attributes imageLibrary() {
        List<Attributes> descriptors = new ArrayList<>();
        String modality = image.text("Modality");
        if (MODALITIES.containsKey(modality)) {
            descriptors.add(ContentItem.code(
                    ACQUISITION_CONTEXT, dcm("121139", "Modality"), dcm(modality, MODALITIES.get(modality))));
        }
        if (isChest()) {
            descriptors.add(ContentItem.code(ACQUISITION_CONTEXT, dcm("123014", "Target Region"), CHEST));
        }
        image.code("ViewCodeSequence")
                .ifPresent(view ->
                        descriptors.add(ContentItem.code(ACQUISITION_CONTEXT, dcm("111031", "Image View"), view)));
        if (image.text("StudyDate").matches("\\d{8}")) {
            descriptors.add(
                    ContentItem.date(ACQUISITION_CONTEXT, dcm("111060", "Study Date"), image.text("StudyDate")));
        }
        descriptors.add(ContentItem.number(
                ACQUISITION_CONTEXT, dcm("110910", "Pixel Data Rows"), String.valueOf(image.integer("Rows")), PIXELS));
        descriptors.add(ContentItem.number(
                ACQUISITION_CONTEXT,
                dcm("110911", "Pixel Data Columns"),
                String.valueOf(image.integer("Columns")),
                PIXELS));
        Attributes group = ContentItem.container(
                CONTAINS,
                dcm("126200", "Image Library Group"),
                List.of(ContentItem.libraryEntry(reference, descriptors)));
        return ContentItem.template(
                ContentItem.container(CONTAINS, dcm("111028", "Image Library"), List.of(group)), "1600");
    }

    /** TID 1501. */
    private Attributes group(ResultFinding finding) {
        List<CodedValue> coded = codes.of(finding.label());
        List<Attributes> content = new ArrayList<>();
        content.add(ContentItem.text(OBSERVATION_CONTEXT, dcm("112039", "Tracking Identifier"), finding.label()));
        content.add(ContentItem.uid(
                OBSERVATION_CONTEXT,
                dcm("112040", "Tracking Unique Identifier"),
                Uid.of("finding", image.text("SOPInstanceUID"), algorithm.identity(), finding.label())));
        content.add(ContentItem.code(CONTAINS, FINDING, coded));
        addAlgorithm(content, finding);
        content.add(ContentItem.image(CONTAINS, dcm("121112", "Source of Measurement"), reference));
        content.add(ContentItem.number(CONTAINS, CERTAINTY, Percent.of(finding.probability()), PERCENT));
        content.add(ContentItem.code(CONTAINS, coded.get(0), finding.present() ? PRESENT : ABSENT));
        return ContentItem.template(
                ContentItem.container(CONTAINS, dcm("125007", "Measurement Group"), content), "1501");
    }

    /** TID 4019. */
    private void addAlgorithm(List<Attributes> content, ResultFinding finding) {
        content.add(ContentItem.text(CONCEPT_MODIFIER, dcm("111001", "Algorithm Name"), algorithm.name()));
        content.add(ContentItem.text(CONCEPT_MODIFIER, dcm("111003", "Algorithm Version"), algorithm.version()));
        List<String> parameters = new ArrayList<>(algorithm.parameters());
        parameters.add(finding.rule());
        parameters.forEach(parameter ->
                content.add(ContentItem.text(CONCEPT_MODIFIER, dcm("111002", "Algorithm Parameters"), parameter)));
    }
}
