package io.vit4j.cli;

import io.vit4j.image.BufferedImages;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.infer.Explanation;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.report.Overlay;
import io.vit4j.torch.Device;
import java.nio.file.Path;

/** Draws where a model looked, in the way that tells most of it. */
final class HeatmapDrawing implements AutoCloseable {
    private final VisionModel model;
    private final Explanation explanation;
    private final Explanation.Method method;

    HeatmapDrawing(Path folder) {
        model = Pretrained.load(folder, Pretrained.Options.asItIs(Device.CPU)).model();
        explanation = new Explanation(model);
        method = Explanation.Method.usual(model.definition());
    }

    String method() {
        return method.toString();
    }

    /** A picture, at its full resolution and in colours, with the map of a label over it. */
    Picture draw(Picture original, String label) {
        Picture seen = model.processor().apply(original);
        Explanation.Explained explained =
                explanation.of(seen, model.definition().labels().indexOf(label), method);
        ImageProcessor.Region region = model.processor().seen(original.height(), original.width());
        return BufferedImages.picture(
                Overlay.draw(original, region, explained.heatmap()),
                DecodeOptions.DEFAULT.withMaxPixels(Integer.MAX_VALUE / 4));
    }

    @Override
    public void close() {
        explanation.close();
        model.close();
    }
}
