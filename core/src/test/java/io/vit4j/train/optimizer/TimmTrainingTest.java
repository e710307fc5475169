package io.vit4j.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.Shared;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.CheckpointFormats;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.SmallModels;
import io.vit4j.model.timm.TimmFormat;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What timm does to train its models, {@code timm_training.py}: groups of weights, the average's decay, stochastic depth. */
class TimmTrainingTest {
    private static final double LAYER_DECAY = 0.5;

    private static JsonNode recorded() {
        try (InputStream in = TimmTrainingTest.class.getResourceAsStream("timm_training.json")) {
            return Json.parse(in.readAllBytes(), "timm_training.json");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @TestFactory
    List<DynamicTest> weightsAreSteppedAtTheRateAndDecayAsInTimm() {
        List<DynamicTest> tests = new ArrayList<>();
        recorded()
                .get("groups")
                .properties()
                .forEach(each -> tests.add(
                        DynamicTest.dynamicTest(each.getKey(), () -> compare(each.getKey(), each.getValue()))));
        return tests;
    }

    /**
     * Every weight of timm's is given its layer and decay as its numbers, so that renaming brings them to ours. Left out are register
     * tokens, which its patterns miss, and the network of Swin V2's biases, of which its list names the modules, not the weights.
     */
    private static void compare(String name, JsonNode expected) throws IOException {
        Path folder = Shared.model("timm").resolve(name);
        JsonObject config = JsonObject.read(folder.resolve("config.json"));
        ModelDefinition model = ModelDefinition.of(CheckpointFormats.asTransformers(config));
        ParameterGroups groups = ParameterGroups.timm(1).withLayerDecay(LAYER_DECAY, model);
        Map<String, float[]> marks = new HashMap<>();
        expected.forEach(line -> {
            String[] column = line.asText().split(" ");
            marks.put(column[0], new float[] {Float.parseFloat(column[1]), Float.parseFloat(column[2])});
        });
        Map<String, Float> below = marked(folder, config, marks, 0);
        Map<String, Float> decays = marked(folder, config, marks, 1);
        int compared = 0;
        for (Parameters.Entry weight : model.weights().stream()
                .map(spec -> new Parameters.Entry(spec, 0))
                .toList()) {
            float layers = below.getOrDefault(weight.name(), -1f);
            if (layers >= 0) {
                Optimizer.ParameterRange range = groups.range(weight, 0, 1);
                assertThat(range.rateFactor()).as(weight.name()).isEqualTo(Math.pow(LAYER_DECAY, layers));
                assertThat(range.weightDecay()).as("decay of %s", weight.name()).isEqualTo((double)
                        decays.get(weight.name()));
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(10);
    }

    private static Map<String, Float> marked(Path folder, JsonObject config, Map<String, float[]> marks, int which)
            throws IOException {
        List<StoredTensor> stored = new ArrayList<>();
        Map<String, Float> found = new HashMap<>();
        try (SafetensorsFile file = Safetensors.open(folder.resolve(CheckpointFiles.SAFETENSORS))) {
            for (StoredTensor tensor : file.tensors()) {
                float[] mark = marks.get(tensor.name());
                boolean leftOut =
                        tensor.name().contains("reg_token") || tensor.name().contains("cpb_mlp");
                float value = mark == null || leftOut ? -1 : mark[which];
                stored.add(constant(tensor, value));
            }
            for (StoredTensor ours : new TimmFormat().weights(config, stored)) {
                FloatBuffer numbers = ByteBuffer.wrap(ours.bytes())
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer();
                float most = -1; // for a token that timm leaves out, a position embedding and a classifier have zeros
                while (numbers.hasRemaining()) {
                    most = Math.max(most, numbers.get());
                }
                found.put(ours.name(), most);
            }
        }
        return found;
    }

    private static StoredTensor constant(StoredTensor tensor, float value) {
        return tensor.view(tensor.name(), tensor.shape(), (offset, destination) -> {
            destination.order(ByteOrder.LITTLE_ENDIAN);
            while (destination.hasRemaining()) {
                destination.putFloat(value);
            }
        });
    }

    @Test
    void theAveragesDecayIsThatOfModelEmaV3() {
        for (boolean warmup : new boolean[] {false, true}) {
            ModelEma.Settings settings = new ModelEma.Settings(0.9998, warmup);
            recorded()
                    .get(warmup ? "ema_warmup" : "ema")
                    .properties()
                    .forEach(step -> assertThat(settings.at(Long.parseLong(step.getKey())))
                            .isCloseTo(step.getValue().doubleValue(), within(1e-12)));
        }
    }

    @Test
    void layersAreDroppedLinearlyMoreOften() {
        ModelDefinition model =
                ModelDefinition.of(SmallModels.vit(8, 4, 2, 16, 16, 8)).withDropPath(0.3);
        List<Double> rates = new ArrayList<>();
        for (BlockDefinition block : model.blocks().subList(1, 5)) {
            rates.add(((EncoderLayerDefinition) block).dropPath());
        }
        JsonNode expected = recorded().get("drop_path");
        for (int i = 0; i < rates.size(); i++) {
            assertThat(rates.get(i)).isCloseTo(expected.get(i).doubleValue(), within(1e-7));
        }
        assertThat(model.drops()).isTrue();
    }
}
