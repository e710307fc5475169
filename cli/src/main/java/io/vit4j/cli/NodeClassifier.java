package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.network.InstanceClassifier;
import io.vit4j.dicom.result.FindingCodes;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.infer.ImageInput;
import io.vit4j.infer.LabelScore;
import io.vit4j.serve.LoadedModel;
import io.vit4j.serve.ModelServer;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;

/** A served model that answers images from a PACS, in the version that is current when an image's turn comes. */
final class NodeClassifier implements InstanceClassifier, AutoCloseable {
    private final ModelServer server;
    private final String model;
    private final FindingCodes codes;
    private final DecodeOptions decode;
    private final List<String> parameters;
    private final boolean heatmaps;
    private final Semaphore decoding = new Semaphore(Runtime.getRuntime().availableProcessors());
    private final Object drawings = new Object();
    private Optional<Version> current = Optional.empty();
    private Optional<Drawing> drawing = Optional.empty();

    /** What results say of a version of the model. */
    private record Version(String version, ImageResults results) {}

    private record Drawing(String version, HeatmapDrawing drawing) {}

    /**
     * Looks at the model that is current now; InputException if it cannot make such results.
     *
     * @param model its name
     * @param parameters how pictures are seen, if not as usual
     * @param heatmaps whether to draw where the model looked, for each label that is present
     */
    NodeClassifier(
            ModelServer server,
            String model,
            FindingCodes codes,
            DecodeOptions decode,
            List<String> parameters,
            boolean heatmaps) {
        this.server = server;
        this.model = model;
        this.codes = codes;
        this.decode = decode;
        this.parameters = parameters;
        this.heatmaps = heatmaps;
        server.use(model, loaded -> {
            ImageResults form = form(loaded);
            if (heatmaps) {
                drawing(loaded);
            }
            return form;
        });
    }

    @Override
    public List<Attributes> results(SourceImage header, byte[] file) {
        return server.use(model, loaded -> results(loaded, header, file));
    }

    private List<Attributes> results(LoadedModel loaded, SourceImage header, byte[] file) {
        String name = header.text("SOPInstanceUID");
        ImageResults form = form(loaded);
        List<LabelScore> scores = classify(loaded, ImageInput.of(name, file));
        ZonedDateTime now = ZonedDateTime.now();
        List<Attributes> all = new ArrayList<>();
        all.add(form.report(header, scores, now));
        if (heatmaps && scores.stream().anyMatch(LabelScore::present)) {
            Picture picture = ImageDecoder.decode(file, name, decode);
            synchronized (drawings) { // one at a time, and none while another version comes
                HeatmapDrawing maps = drawing(loaded);
                scores.stream()
                        .filter(LabelScore::present)
                        .forEach(score -> all.add(form.heatmap(header, maps, picture, score.label(), now)));
            }
        }
        return all;
    }

    /** Decodes as many images at a time as there are cores for; more would only take memory. */
    private List<LabelScore> classify(LoadedModel loaded, ImageInput image) {
        CompletableFuture<List<LabelScore>> scores;
        decoding.acquireUninterruptibly();
        try {
            scores = loaded.classifier().submit(image);
        } finally {
            decoding.release();
        }
        try {
            return scores.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof InputException fault ? fault : new IllegalStateException(e.getCause());
        }
    }

    private synchronized ImageResults form(LoadedModel loaded) {
        if (current.isEmpty() || !current.get().version().equals(loaded.version())) {
            ImageResults.requireProbabilities(loaded.folder());
            ImageResults results = new ImageResults(
                    ModelIdentity.algorithm(List.of(loaded.folder()), parameters),
                    codes,
                    loaded.classifier().labels(),
                    decode.frame());
            current = Optional.of(new Version(loaded.version(), results));
        }
        return current.get().results();
    }

    private HeatmapDrawing drawing(LoadedModel loaded) {
        synchronized (drawings) {
            if (drawing.isEmpty() || !drawing.get().version().equals(loaded.version())) {
                close();
                drawing = Optional.of(new Drawing(loaded.version(), new HeatmapDrawing(loaded.folder())));
            }
            return drawing.get().drawing();
        }
    }

    @Override
    public void close() {
        synchronized (drawings) {
            drawing.ifPresent(each -> each.drawing().close());
            drawing = Optional.empty();
        }
    }
}
