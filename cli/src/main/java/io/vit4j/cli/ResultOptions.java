package io.vit4j.cli;

import io.vit4j.PredictRequest;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.result.FindingCodes;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.infer.LabelScore;
import io.vit4j.options.HelpSection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Results of DICOM images, for a PACS or an information system. */
final class ResultOptions implements HelpSection {
    @Override
    public String heading() {
        return "Results for a PACS";
    }

    @Option(
            names = "--dicom-output",
            paramLabel = "DIR",
            description =
                    "Write a structured report for each DICOM image into this folder, as part of the image's study:"
                            + " INSTANCE.sr.dcm.")
    private Optional<Path> dicom;

    @Option(
            names = "--dicom-heatmap",
            description =
                    "Also write a heat map of where the model looked for each label that is present, as a secondary"
                            + " capture: INSTANCE.LABEL.heatmap.dcm. Needs --dicom-output.")
    private boolean heatmaps;

    @Option(
            names = "--fhir-output",
            paramLabel = "DIR",
            description = "Write a FHIR R4 DiagnosticReport with an Observation for each label: INSTANCE.fhir.json.")
    private Optional<Path> fhir;

    @Option(
            names = "--finding-codes",
            paramLabel = "JSON",
            description = "Codes of labels in SNOMED CT, RadLex or other schemes, in addition to vit4j's own.")
    private Optional<Path> codes;

    boolean areAsked() {
        return dicom.isPresent() || fhir.isPresent();
    }

    FindingCodes codes() {
        return codes.map(FindingCodes::with).orElseGet(FindingCodes::builtIn);
    }

    /** Reports wrong options before a model is read, and makes the folders. */
    void check(List<Path> models) {
        if (heatmaps && dicom.isEmpty()) {
            throw new InputException("--dicom-heatmap needs --dicom-output, the folder for the heat maps");
        }
        if (heatmaps && models.size() > 1) {
            throw new InputException("--dicom-heatmap explains one model; give one --model");
        }
        if (areAsked()) {
            codes();
            ImageResults.requireProbabilities(models.get(0));
        }
        Stream.of(dicom, fhir).flatMap(Optional::stream).forEach(folder -> {
            try {
                Privacy.createFolders(folder);
            } catch (IOException e) {
                throw InputException.in(folder, "cannot be made (" + IoReason.of(e) + "); choose another folder", e);
            }
        });
    }

    /**
     * Writes the results of all pictures that were scored.
     *
     * @param parameters how the models were used, if not as usual
     * @return what is wrong with those that could not be written, such as pictures that are not DICOM
     */
    List<InputException> write(
            List<PredictRequest.Scored> all, List<Path> models, List<String> parameters, DecodeOptions decode) {
        List<InputException> faults = new ArrayList<>();
        List<PredictRequest.Scored> scored =
                all.stream().filter(picture -> picture.fault().isEmpty()).toList();
        if (scored.isEmpty()) {
            return faults;
        }
        ImageResults results = new ImageResults(
                ModelIdentity.algorithm(models, parameters),
                codes(),
                scored.get(0).labels(),
                decode.frame());
        ZonedDateTime now = ZonedDateTime.now();
        try (HeatmapDrawing drawing = heatmaps ? new HeatmapDrawing(models.get(0)) : null) {
            for (PredictRequest.Scored picture : scored) {
                try {
                    write(picture, results, Optional.ofNullable(drawing), decode, now);
                } catch (InputException e) {
                    faults.add(e);
                }
            }
        }
        return faults;
    }

    private void write(
            PredictRequest.Scored picture,
            ImageResults results,
            Optional<HeatmapDrawing> drawing,
            DecodeOptions decode,
            ZonedDateTime now) {
        SourceImage image = SourceImage.of(bytes(picture.file()), picture.file().toString());
        String name = image.text("SOPInstanceUID");
        DurableFiles files = DurableFiles.SYSTEM.ofPatients();
        dicom.ifPresent(folder -> files.write(
                folder.resolve(name + ".sr.dcm"),
                results.report(image, picture.scores(), now).file()));
        fhir.ifPresent(folder -> files.write(
                folder.resolve(name + ".fhir.json"),
                results.fhir(image, picture.scores(), now).pretty()));
        if (drawing.isPresent()) {
            Picture original = ImageDecoder.decode(picture.file(), decode);
            for (LabelScore score : picture.scores()) {
                if (score.present()) {
                    files.write(
                            dicom.orElseThrow()
                                    .resolve(name + "." + fileName(score.label(), results.labels()) + ".heatmap.dcm"),
                            results.heatmap(image, drawing.get(), original, score.label(), now)
                                    .file());
                }
            }
        }
    }

    /** A label as part of a file's name; with its number if other labels would have the same name. */
    static String fileName(String label, List<String> labels) {
        String plain = plain(label);
        boolean shared = labels.stream()
                        .filter(other -> plain(other).equalsIgnoreCase(plain))
                        .count()
                > 1;
        return shared ? plain + "." + (labels.indexOf(label) + 1) : plain;
    }

    private static String plain(String label) {
        return label.replaceAll("[^\\p{L}\\p{N}_-]", "_");
    }

    private static byte[] bytes(Path file) {
        try {
            return OpenFiles.bytes(file);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + ")", e);
        }
    }
}
