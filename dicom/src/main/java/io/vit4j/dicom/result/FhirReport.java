package io.vit4j.dicom.result;

import io.vit4j.base.JsonObject;
import io.vit4j.dicom.CodedValue;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.Uid;
import java.math.BigDecimal;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * A model's findings in FHIR R4: a bundle of a {@code DiagnosticReport} and an {@code Observation} for every finding. Patient, order,
 * study and device are named by their identifiers, since whoever receives it knows their resources.
 */
public final class FhirReport {
    private static final String STATUS = "preliminary";

    /** The systems of DICOM's coding schemes. */
    private static final Map<String, String> SYSTEMS = Map.of(
            "SCT", "http://snomed.info/sct",
            "RADLEX", "http://radlex.org",
            "DCM", "http://dicom.nema.org/resources/ontology/DCM",
            "LN", "http://loinc.org",
            "UCUM", "http://unitsofmeasure.org");

    private final SourceImage image;
    private final int frame;
    private final Algorithm algorithm;
    private final FindingCodes codes;
    private final String issued;

    private FhirReport(SourceImage image, int frame, Algorithm algorithm, FindingCodes codes, ZonedDateTime time) {
        this.image = image;
        this.frame = frame;
        this.algorithm = algorithm;
        this.codes = codes;
        issued = DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time.withNano(0));
    }

    /** {@return the bundle as JSON} Parameters as {@link StructuredReport#of} has them. */
    public static JsonObject of(
            SourceImage image,
            int frame,
            Algorithm algorithm,
            FindingCodes codes,
            List<ResultFinding> findings,
            ZonedDateTime time) {
        return new FhirReport(image, frame, algorithm, codes, time).bundle(findings);
    }

    private JsonObject bundle(List<ResultFinding> findings) {
        List<JsonObject> observations = findings.stream().map(this::observation).toList();
        List<JsonObject> entries = new ArrayList<>();
        entries.add(entry(url("report"), report(findings)));
        for (int i = 0; i < findings.size(); i++) {
            entries.add(entry(url(findings.get(i).label()), observations.get(i)));
        }
        return JsonObject.empty()
                .with("resourceType", "Bundle")
                .with("type", "collection")
                .with("timestamp", issued)
                .with("entry", entries);
    }

    private static JsonObject entry(String url, JsonObject resource) {
        return JsonObject.empty().with("fullUrl", url).with("resource", resource);
    }

    private String url(String what) {
        return "urn:uuid:"
                + Uid.uuid("fhir", image.text("SOPInstanceUID"), String.valueOf(frame), algorithm.identity(), what);
    }

    private JsonObject report(List<ResultFinding> findings) {
        String present = findings.stream()
                .filter(ResultFinding::present)
                .map(ResultFinding::label)
                .collect(Collectors.joining(", "));
        JsonObject report = JsonObject.empty()
                .with("resourceType", "DiagnosticReport")
                .with("identifier", List.of(dicomUid(StructuredReport.instance(image, frame, algorithm))));
        String accession = image.text("AccessionNumber");
        if (!accession.isEmpty()) {
            report = report.with(
                    "basedOn",
                    List.of(JsonObject.empty()
                            .with("type", "ServiceRequest")
                            .with("identifier", accessionNumber(accession))));
        }
        return dated(report.with("status", STATUS)
                        .with(
                                "category",
                                List.of(concept("http://terminology.hl7.org/CodeSystem/v2-0074", "RAD", "Radiology")))
                        .with("code", concept("http://loinc.org", "18748-4", "Diagnostic imaging study")))
                .with(
                        "result",
                        findings.stream()
                                .map(finding -> JsonObject.empty().with("reference", url(finding.label())))
                                .toList())
                .with("imagingStudy", List.of(study()))
                .with("conclusion", present.isEmpty() ? "No finding is called present." : "Present: " + present + ".");
    }

    private JsonObject observation(ResultFinding finding) {
        List<CodedValue> coded = codes.of(finding.label());
        CodedValue decision = finding.present() ? MeasurementReport.PRESENT : MeasurementReport.ABSENT;
        List<JsonObject> components = new ArrayList<>();
        components.add(component(
                concept(List.of(MeasurementReport.CERTAINTY), "Certainty of finding"), finding.probability()));
        OptionalDouble threshold = finding.threshold();
        if (threshold.isPresent()) {
            components.add(component(JsonObject.empty().with("text", "Threshold"), threshold.getAsDouble()));
        }
        JsonObject observation = JsonObject.empty()
                .with("resourceType", "Observation")
                .with("status", STATUS)
                .with(
                        "category",
                        List.of(concept(
                                "http://terminology.hl7.org/CodeSystem/observation-category", "imaging", "Imaging")))
                .with("code", concept(coded, finding.label()));
        return dated(observation)
                .with("valueCodeableConcept", concept(List.of(decision), decision.meaning()))
                .with("method", JsonObject.empty().with("text", finding.rule()))
                .with("device", device())
                .with("derivedFrom", List.of(study(), instance()))
                .with("component", components);
    }

    /** A number out of a hundred. */
    private static JsonObject component(JsonObject code, double probability) {
        return JsonObject.empty()
                .with("code", code)
                .with(
                        "valueQuantity",
                        JsonObject.empty()
                                .with("value", new BigDecimal(Percent.of(probability)).doubleValue())
                                .with("unit", "%")
                                .with("system", SYSTEMS.get("UCUM"))
                                .with("code", "%"));
    }

    /** Patient and times. */
    private JsonObject dated(JsonObject resource) {
        String patient = image.text("PatientID");
        JsonObject with = patient.isEmpty()
                ? resource
                : resource.with(
                        "subject",
                        JsonObject.empty()
                                .with("type", "Patient")
                                .with("identifier", JsonObject.empty().with("value", patient)));
        String date = image.text("StudyDate");
        if (date.matches("\\d{8}")) {
            with = with.with(
                    "effectiveDateTime", date.substring(0, 4) + "-" + date.substring(4, 6) + "-" + date.substring(6));
        }
        return with.with("issued", issued);
    }

    private JsonObject study() {
        return JsonObject.empty()
                .with("type", "ImagingStudy")
                .with("identifier", dicomUid(image.text("StudyInstanceUID")));
    }

    private JsonObject instance() {
        return JsonObject.empty().with("type", "Media").with("identifier", dicomUid(image.text("SOPInstanceUID")));
    }

    private JsonObject device() {
        return JsonObject.empty()
                .with("type", "Device")
                .with("identifier", dicomUid(Uid.of("device", algorithm.version())))
                .with("display", algorithm.name() + ", version " + algorithm.version());
    }

    private static JsonObject dicomUid(String uid) {
        return JsonObject.empty().with("system", "urn:dicom:uid").with("value", "urn:oid:" + uid);
    }

    private static JsonObject accessionNumber(String value) {
        return JsonObject.empty()
                .with("type", concept("http://terminology.hl7.org/CodeSystem/v2-0203", "ACSN", "Accession ID"))
                .with("value", value);
    }

    private static JsonObject concept(String system, String code, String display) {
        return JsonObject.empty()
                .with(
                        "coding",
                        List.of(JsonObject.empty()
                                .with("system", system)
                                .with("code", code)
                                .with("display", display)));
    }

    /** Codes of schemes whose system is not known, such as labels themselves, are text alone. */
    private static JsonObject concept(List<CodedValue> codes, String text) {
        List<JsonObject> codings = codes.stream()
                .filter(code -> SYSTEMS.containsKey(code.scheme()))
                .map(code -> JsonObject.empty()
                        .with("system", SYSTEMS.get(code.scheme()))
                        .with("code", code.value())
                        .with("display", code.meaning()))
                .toList();
        JsonObject concept =
                codings.isEmpty() ? JsonObject.empty() : JsonObject.empty().with("coding", codings);
        return concept.with("text", text);
    }
}
