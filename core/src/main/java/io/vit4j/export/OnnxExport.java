package io.vit4j.export;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.Decision;
import io.vit4j.model.Block;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.onnx.ElementType;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.OnnxFile;
import io.vit4j.onnx.Precision;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a model as an ONNX graph: {@code pixel_values} {@code [batch, channels, height, width]} to {@code logits}
 * {@code [batch, labels]}, both float32, for any number of pictures of the size that the model is walked with.
 *
 * <p>The file's metadata has the configuration, the processor and the decision as they are beside a checkpoint, each under its file's name, and
 * the labels as a list.
 *
 * <pre>{@code
 * new OnnxExport(model, Decision.PLAIN, Precision.FLOAT32, false).write(DurableFiles.SYSTEM, Path.of("model.onnx"));
 * }</pre>
 *
 * @param decision temperature and thresholds, for the metadata: the graph's logits are as they come
 * @param precision of products
 * @param withPreprocessing whether the graph takes bytes of pictures, {@code pixels} {@code [batch, height, width, channels]} uint8, of any
 *     size, and does all that the model's processor does
 */
public record OnnxExport(VisionModel model, Decision decision, Precision precision, boolean withPreprocessing) {
    /**
     * Writes the file, and one of weights beside it, {@code NAME.data}, if they are too many for one.
     *
     * @return the files that were written
     * @throws InputException if a block of the model cannot be exported, or the file not be written
     */
    public List<Path> write(DurableFiles files, Path file) {
        if (!model.isWhole()) {
            throw new IllegalStateException("only a whole model can be exported");
        }
        try (GraphWriter graph = new GraphWriter(precision);
                Autograd off = Autograd.off()) {
            Value hidden = pixelValues(graph);
            for (Block block : model.blocks()) {
                try (Scope scope = new Scope()) {
                    graph.enter(block.name());
                    hidden = block.write(graph, hidden);
                }
            }
            graph.output("logits", hidden);
            return new OnnxFile(graph, model.definition().architecture().modelType(), metadata()).write(files, file);
        }
    }

    private Value pixelValues(GraphWriter graph) {
        ModelDefinition definition = model.definition();
        if (withPreprocessing) {
            graph.enter("preprocessing");
            try (Scope scope = new Scope()) {
                return new Preprocessing(model.processor(), definition.channels()).write(graph);
            }
        }
        return graph.input(
                "pixel_values",
                ElementType.FLOAT,
                Value.BATCH,
                definition.channels(),
                definition.imageHeight(),
                definition.imageWidth());
    }

    private Map<String, String> metadata() {
        ModelDefinition definition = model.definition();
        Map<String, String> metadata = new LinkedHashMap<>();
        ArrayNode labels = Json.object().arrayNode();
        definition.labels().forEach(labels::add);
        metadata.put("labels", Json.line(labels));
        metadata.put("dtype", precision.toString());
        metadata.put(CheckpointFiles.CONFIG, definition.config().line());
        metadata.put(ImageProcessor.FILE, model.processor().toJson().line());
        metadata.put(Decision.FILE, decision.toJson().line());
        return metadata;
    }
}
