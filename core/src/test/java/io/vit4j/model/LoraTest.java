package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import io.vit4j.hub.AdapterFolder;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.MicroBatchStep;
import io.vit4j.walk.Objective;
import io.vit4j.walk.TargetTensors;
import io.vit4j.walk.Walk;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter laid out as peft writes it, against what PyTorch computes with it ({@code lora/make.py}). */
class LoraTest {
    @TempDir
    Path folder;

    private Path adapter;
    private Map<String, StoredTensor> values;
    private SafetensorsFile file;

    @BeforeEach
    void copy() throws IOException {
        for (String name : List.of(
                "base/config.json",
                "base/model.safetensors",
                "adapter/adapter_model.safetensors",
                "adapter/adapter_config.json",
                "values.safetensors")) {
            try (InputStream stored = LoraTest.class.getResourceAsStream("lora/" + name)) {
                Path copy = folder.resolve(name);
                Files.createDirectories(copy.getParent());
                Files.write(copy, stored.readAllBytes());
            }
        }
        adapter = folder.resolve("adapter");
        names(folder.resolve("base").toString());
        file = Safetensors.open(folder.resolve("values.safetensors"));
        values = new TreeMap<>();
        file.tensors().forEach(tensor -> values.put(tensor.name(), tensor));
    }

    private void names(String base) throws IOException {
        Path config = adapter.resolve(AdapterFolder.CONFIG);
        Files.writeString(
                config,
                JsonObject.read(config).with("base_model_name_or_path", base).pretty());
    }

    private float[] value(String name) {
        return Fixture.floats(values.get(name));
    }

    private Tensor tensor(String name) {
        return Tensors.of(value(name), values.get(name).shape());
    }

    private VisionModel loaded(Pretrained.Adapting adapting) {
        return Pretrained.load(adapter, Pretrained.Options.asItIs(Device.CPU).withAdapting(adapting))
                .model();
    }

    private void assertLogits(VisionModel model) {
        try (Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            Tensor logits = new Walk(model.blocks()).infer(tensor("pixels"), Context.inference(weights));
            assertThat(Fixture.largestDifference(Tensors.toFloats(logits), value("logits")))
                    .isLessThan(1e-5);
        }
    }

    @Test
    void lossAndGradientsAreThoseOfPyTorch() {
        try (VisionModel model = loaded(Pretrained.Adapting.KEPT);
                Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            assertLogits(model);
            ModelDefinition definition = model.definition();
            Parameters parameters = model.parameters();
            parameters.trainable(name -> !definition.trains(name));
            Objective objective = Objective.of(ProblemType.MULTI_LABEL);
            Targets targets = objective.targets(value("labels"), 2, 3);
            double sum = MicroBatchStep.run(
                    new Walk(model.blocks(), false, 1, false),
                    objective,
                    tensor("pixels"),
                    TargetTensors.of(targets, Device.CPU),
                    1 / targets.divisor(),
                    Context.inference(weights),
                    MicroBatchStep.SILENT);
            assertThat(sum / targets.divisor()).isCloseTo(value("loss")[0], within(1e-6));
            List<String> trained =
                    parameters.trained().stream().map(Parameters.Entry::name).toList();
            assertThat(trained)
                    .containsExactlyInAnyOrderElementsOf(values.keySet().stream()
                            .filter(name -> name.startsWith("gradient."))
                            .map(name -> name.substring("gradient.".length()))
                            .toList());
            for (String name : trained) {
                float[] expected = value("gradient." + name);
                assertThat(Fixture.largestDifference(Tensors.toFloats(parameters.gradient(name)), expected))
                        .as(name)
                        .isLessThan(1e-5 * Fixture.norm(expected));
            }
            assertThat(parameters.gradients().numel())
                    .as("room for gradients of what is trained alone")
                    .isEqualTo(parameters.trainedSize())
                    .isLessThan(parameters.size() / 2);
        }
    }

    @Test
    void mergingAddsTheProductToTheMatrix() {
        try (VisionModel model = loaded(Pretrained.Adapting.MERGED);
                Scope scope = new Scope()) {
            assertThat(model.definition().adapter()).isEmpty();
            assertLogits(model);
            values.keySet().stream().filter(name -> name.startsWith("merged.")).forEach(name -> {
                float[] merged = Tensors.toFloats(model.parameters().get(name.substring("merged.".length())));
                assertThat(Fixture.largestDifference(merged, value(name)))
                        .as(name)
                        .isLessThan(2e-7);
            });
        }
    }

    /** The same tensors under the same names; what peft reads of the configuration is the same. */
    @Test
    void itIsSavedAsPeftDoes() throws IOException {
        Path again = Files.createDirectories(folder.resolve("again"));
        try (VisionModel model = loaded(Pretrained.Adapting.KEPT)) {
            model.save(DurableFiles.SYSTEM, again);
        }
        assertThat(again.resolve("model.safetensors")).doesNotExist();
        try (SafetensorsFile before = Safetensors.open(adapter.resolve(AdapterFolder.SAFETENSORS));
                SafetensorsFile after = Safetensors.open(again.resolve(AdapterFolder.SAFETENSORS))) {
            assertThat(after.tensors().stream().map(StoredTensor::name))
                    .containsExactlyInAnyOrderElementsOf(
                            before.tensors().stream().map(StoredTensor::name).toList());
            before.tensors()
                    .forEach(tensor -> assertThat(
                                    Fixture.floats(after.tensor(tensor.name()).orElseThrow()))
                            .as(tensor.name())
                            .isEqualTo(Fixture.floats(tensor)));
        }
        JsonObject config = JsonObject.read(again.resolve(AdapterFolder.CONFIG));
        JsonObject theirs = JsonObject.read(adapter.resolve(AdapterFolder.CONFIG));
        for (String key : List.of("peft_type", "bias", "base_model_name_or_path")) {
            assertThat(config.text(key)).as(key).isEqualTo(theirs.text(key));
        }
        for (String key : List.of("r", "lora_alpha", "lora_dropout")) {
            assertThat(config.number(key)).as(key).isEqualTo(theirs.number(key));
        }
        assertThat(config.texts("modules_to_save")).isEqualTo(theirs.texts("modules_to_save"));
        assertThat(config.object("alpha_pattern").number("intermediate.dense")).isEqualTo(5);
        assertThat(config.texts("target_modules")).hasSize(2 * 5).contains("vit.encoder.layer.1.output.dense");
        adapter = again;
        try (VisionModel model = loaded(Pretrained.Adapting.MERGED)) {
            assertLogits(model);
        }
    }

    /** As transformers 5 has its modules in memory. */
    @Test
    void namesOfTransformers5AreReadToo() throws IOException {
        Map<String, String> inMemory = Map.of(
                "attention.attention.query", "attention.q_proj",
                "attention.attention.value", "attention.v_proj",
                "attention.output.dense", "attention.o_proj",
                "intermediate.dense", "mlp.fc1",
                ".output.dense", ".mlp.fc2");
        Path weights = adapter.resolve(AdapterFolder.SAFETENSORS);
        Path other = folder.resolve("other.safetensors");
        try (SafetensorsFile stored = Safetensors.open(weights)) {
            Safetensors.write(
                    DurableFiles.SYSTEM,
                    other,
                    Map.of(),
                    stored.tensors().stream()
                            .map(tensor -> {
                                String name = tensor.name().replace("vit.encoder.layer.", "vit.layers.");
                                for (String hub : List.of(
                                        "attention.attention.query",
                                        "attention.attention.value",
                                        "attention.output.dense",
                                        "intermediate.dense",
                                        ".output.dense")) {
                                    name = name.replace(hub, inMemory.get(hub));
                                }
                                return tensor.named(name);
                            })
                            .toList());
        }
        Files.move(other, weights, StandardCopyOption.REPLACE_EXISTING);
        try (VisionModel model = loaded(Pretrained.Adapting.MERGED)) {
            assertLogits(model);
        }
    }

    @Test
    void anotherModelOfTheSameShapeMayBeGiven() throws IOException {
        names("moved-away");
        assertThatThrownBy(() -> loaded(Pretrained.Adapting.MERGED))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--base DIR");
        try (VisionModel model = loaded(Pretrained.Adapting.MERGED.over(folder.resolve("base")))) {
            assertLogits(model);
        }
    }
}
