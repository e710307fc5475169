package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.result.Algorithm;
import io.vit4j.dicom.result.FhirReport;
import io.vit4j.dicom.result.FindingCodes;
import io.vit4j.dicom.result.HeatmapImage;
import io.vit4j.dicom.result.ResultFinding;
import io.vit4j.dicom.result.StructuredReport;
import io.vit4j.image.Picture;
import io.vit4j.infer.Ensemble;
import io.vit4j.infer.LabelScore;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a model says of DICOM images, as objects for their studies.
 *
 * @param algorithm the model
 * @param codes of its findings
 * @param labels of the model, in whose order findings are listed
 * @param frame of the images, from 1
 */
record ImageResults(Algorithm algorithm, FindingCodes codes, List<String> labels, int frame) {
    private List<ResultFinding> findings(List<LabelScore> scores) {
        return scores.stream()
                .sorted(Comparator.comparingInt(score -> labels.indexOf(score.label())))
                .map(ImageResults::finding)
                .toList();
    }

    /** InputException if a model's outputs are numbers, as in regression. */
    static void requireProbabilities(Path model) {
        Path first =
                Ensemble.read(model).map(ensemble -> ensemble.models().get(0)).orElse(model);
        ModelDefinition definition = Pretrained.definition(first);
        ProblemType type = definition
                .problemType()
                .orElseGet(() -> ProblemType.ofOutputs(definition.labels().size()));
        if (type == ProblemType.REGRESSION) {
            throw InputException.in(
                    model,
                    "its outputs are numbers, not probabilities of findings; results for a PACS need a classifier");
        }
    }

    private static ResultFinding finding(LabelScore score) {
        OptionalDouble threshold =
                score.threshold() > 0 ? OptionalDouble.of(score.threshold()) : OptionalDouble.empty();
        return new ResultFinding(score.label(), score.score(), score.present(), threshold);
    }

    Attributes report(SourceImage image, List<LabelScore> scores, ZonedDateTime time) {
        return StructuredReport.of(image, frame, algorithm, codes, findings(scores), time);
    }

    JsonObject fhir(SourceImage image, List<LabelScore> scores, ZonedDateTime time) {
        return FhirReport.of(image, frame, algorithm, codes, findings(scores), time);
    }

    Attributes heatmap(SourceImage image, HeatmapDrawing drawing, Picture picture, String label, ZonedDateTime time) {
        return HeatmapImage.of(image, frame, algorithm, label, drawing.method(), drawing.draw(picture, label), time);
    }
}
