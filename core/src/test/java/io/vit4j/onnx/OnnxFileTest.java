package io.vit4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.DurableFiles;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file, and whole numbers in it, by closed forms that onnxruntime computes. */
class OnnxFileTest {
    @TempDir
    Path folder;

    private GraphWriter linear(Precision precision, Tensor weight, Tensor bias) {
        GraphWriter graph = new GraphWriter(precision);
        Value x = graph.input("x", ElementType.FLOAT, Value.BATCH, weight.size(1));
        graph.output("logits", graph.toFloat(graph.linear("map", x, weight, Optional.of(bias))));
        return graph;
    }

    @Test
    void weightsThatDoNotFitAreInAFileBeside() throws IOException {
        try (Scope scope = new Scope();
                GraphWriter graph = linear(
                        Precision.FLOAT32,
                        Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3),
                        Tensors.of(new float[] {10, 20}, 2))) {
            Path file = folder.resolve("model.onnx");
            Path data = folder.resolve("model.onnx.data");
            assertThat(new OnnxFile(graph, "linear", Map.of(), 31).write(DurableFiles.SYSTEM, file))
                    .containsExactly(file, data);
            assertThat(Files.size(data)).isEqualTo(2 * 4096); // each begins at a page
            try (OnnxSession session = new OnnxSession(file)) {
                assertThat(session.logits(new float[] {1, 1, 1, 0, 1, 2}, 2, 3)).containsExactly(16, 35, 18, 37);
            }
            Path one = folder.resolve("one.onnx");
            assertThat(new OnnxFile(graph, "linear", Map.of(), 32).write(DurableFiles.SYSTEM, one))
                    .containsExactly(one);
        }
    }

    /** Inputs that are bytes, and weights that are whole up to 64, lose nothing. */
    @Test
    void wholeNumbersAreMultipliedExactly() {
        float[] weight = {64, -1, 5, -64, 2, 0};
        try (Scope scope = new Scope();
                GraphWriter graph =
                        linear(Precision.INT8, Tensors.of(weight, 2, 3), Tensors.of(new float[] {0.5f, -3}, 2))) {
            Path file = folder.resolve("model.onnx");
            new OnnxFile(graph, "linear", Map.of()).write(DurableFiles.SYSTEM, file);
            try (OnnxSession session = new OnnxSession(file)) {
                assertThat(session.logits(new float[] {0, 255, 17, 3, 1, 100}, 2, 3))
                        .containsExactly(-255 + 85 + 0.5f, 510 - 3, 192 - 1 + 500 + 0.5f, -192 + 2 - 3);
            }
        }
    }

    /** Every output has a scale of its own: a large one beside does not drown it. */
    @Test
    void everyOutputHasItsOwnScale() {
        float[] weight = {6400, 0, 0, 0.001f, 0.064f, 0};
        try (Scope scope = new Scope();
                GraphWriter graph = linear(Precision.INT8, Tensors.of(weight, 2, 3), Tensors.of(new float[2], 2))) {
            Path file = folder.resolve("model.onnx");
            new OnnxFile(graph, "linear", Map.of()).write(DurableFiles.SYSTEM, file);
            try (OnnxSession session = new OnnxSession(file)) {
                float small = session.logits(new float[] {255, 10, 0}, 1, 3)[1];
                assertThat(small).isBetween(0.894f, 0.896f);
            }
        }
    }
}
