package io.vit4j.walk;

import static io.vit4j.model.Fixture.floats;
import static io.vit4j.model.Fixture.largestDifference;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.Shared;
import io.vit4j.TestDevice;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.CheckpointSource;
import io.vit4j.hub.HubSettings;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.Pretrained;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of weights without a config.json, as their authors publish them: with the values that timm computes of them. */
class WeightsAloneTest {
    private static final Pretrained.Options AS_IT_IS = Pretrained.Options.asItIs(TestDevice.here());

    @TempDir
    Path folder;

    private static float[] values(List<Block> blocks, StoredTensor pixels) {
        try (Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            Tensor input = Tensors.to(Tensors.of(floats(pixels), pixels.shape()), TestDevice.here());
            return Tensors.toFloats(new Walk(blocks).infer(input, Context.inference(weights)));
        }
    }

    private static StoredTensor value(Path of, String name) {
        try (SafetensorsFile file = Safetensors.open(of.resolve("forward.safetensors"))) {
            StoredTensor tensor = file.tensor(name).orElseThrow();
            return StoredTensor.of(name, tensor.dtype(), tensor.shape(), java.nio.ByteBuffer.wrap(tensor.bytes()));
        }
    }

    /** Named itself, or by its folder; and saved as transformers saves it. */
    @Test
    void aViTOfGooglesHasTheLogitsThatTimmComputes() throws IOException {
        Path model = Shared.model("alone/flax");
        Path file = Files.copy(model.resolve("vit.npz"), folder.resolve("vit.npz"));
        StoredTensor pixels = value(model, "pixel_values");
        float[] expected = floats(value(model, "logits"));
        for (Path named : List.of(file, folder)) {
            Path resolved = CheckpointSource.resolve(named.toString(), HubSettings.fromEnvironment(), Progress.NONE);
            Pretrained.Loaded loaded = Pretrained.load(resolved, AS_IT_IS);
            assertThat(loaded.report().lines()).isEmpty();
            try (VisionModel read = loaded.model()) {
                assertThat(largestDifference(values(read.blocks(), pixels), expected))
                        .isLessThan(1e-5);
                Path saved = Files.createDirectories(folder.resolve("saved"));
                read.save(DurableFiles.SYSTEM, saved);
                assertThat(JsonObject.read(saved.resolve("config.json")).text("model_type"))
                        .isEqualTo("vit");
                try (VisionModel again = Pretrained.load(saved, AS_IT_IS).model()) {
                    assertThat(values(again.blocks(), pixels)).isEqualTo(values(read.blocks(), pixels));
                }
            }
        }
        ImageProcessor processor = CheckpointFiles.imageProcessor(file);
        assertThat(processor.geometry()).startsWith("6x6");
        assertThat(processor.toJson().numbers("image_mean")).containsOnly(0.5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"eva", "eva_base"})
    void anEvaOfItsAuthorsHasTheFeaturesThatTimmComputes(String name) throws IOException {
        Path model = Shared.model("alone/" + name);
        Pretrained.Options labelled = new Pretrained.Options(
                TestDevice.here(),
                Optional.of(List.of("Mass", "Nodule")),
                Optional.of(ProblemType.MULTI_LABEL),
                false,
                1);
        Pretrained.Loaded loaded = Pretrained.load(model.resolve("eva.pt"), labelled);
        assertThat(loaded.report().unused()).isEmpty();
        assertThat(loaded.report().missing()).containsExactly("head.weight", "head.bias");
        StoredTensor pixels = value(model, "pixel_values");
        try (VisionModel read = loaded.model()) {
            float[] features = values(read.definition().featuresOver(read.parameters()), pixels);
            assertThat(largestDifference(features, floats(value(model, "features"))))
                    .isLessThan(1e-5);
            Path saved = Files.createDirectories(folder.resolve("saved"));
            read.save(DurableFiles.SYSTEM, saved);
            try (VisionModel again = Pretrained.load(saved, AS_IT_IS).model()) {
                assertThat(values(again.blocks(), pixels)).isEqualTo(values(read.blocks(), pixels));
            }
        }
        assertThatThrownBy(() -> Pretrained.load(model.resolve("eva.pt"), AS_IT_IS))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("eva.pt: has no classifier");
    }

    /** As NumPy's archives and PyTorch's files hold other models, too. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /io/vit4j/hub/arrays.npz | is of no model that is known by the names of its weights alone, such as
            /io/vit4j/hub/nested.bin | is of no model that is known by the names of its weights alone, such as
            """)
    void otherModelsAreRefused(String resource, String said) throws IOException {
        String ending = resource.endsWith(".npz") ? ".npz" : ".pth";
        Path file = folder.resolve("other" + ending);
        Files.write(file, WeightsAloneTest.class.getResourceAsStream(resource).readAllBytes());
        assertThatThrownBy(() -> Pretrained.definition(file))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(file + ": " + said);
    }

    @Test
    void oneOfSeveralMustBeNamed() throws IOException {
        Path file = Shared.model("alone/flax").resolve("vit.npz");
        Files.copy(file, folder.resolve("a.npz"));
        Files.copy(file, folder.resolve("b.npz"));
        assertThatThrownBy(() -> Pretrained.definition(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("name one of them: " + folder.resolve("a.npz"));
    }
}
