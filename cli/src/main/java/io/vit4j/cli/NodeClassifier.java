package io.vit4j.cli;

import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.network.InstanceClassifier;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.ImageInput;
import io.vit4j.infer.LabelScore;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A model that answers images from a PACS.
 *
 * @param classifier for any number of threads at once
 * @param results in what form
 * @param drawing for heat maps of the labels that are present, one at a time; empty for none
 */
record NodeClassifier(
        ImageClassifier classifier, ImageResults results, DecodeOptions decode, Optional<HeatmapDrawing> drawing)
        implements InstanceClassifier {
    @Override
    public List<Attributes> results(SourceImage header, byte[] file) {
        String name = header.text("SOPInstanceUID");
        List<LabelScore> scores = classifier.classify(ImageInput.of(name, file));
        ZonedDateTime now = ZonedDateTime.now();
        List<Attributes> all = new ArrayList<>();
        all.add(results.report(header, scores, now));
        if (drawing.isPresent() && scores.stream().anyMatch(LabelScore::present)) {
            Picture picture = ImageDecoder.decode(file, name, decode);
            synchronized (drawing.get()) {
                scores.stream()
                        .filter(LabelScore::present)
                        .forEach(score -> all.add(results.heatmap(header, drawing.get(), picture, score.label(), now)));
            }
        }
        return all;
    }
}
