package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.FolderManifest;
import io.vit4j.parallel.ModelCost;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A configuration of a kilobyte cannot make vit4j take gigabytes, or hours. */
class AbsurdSizesTest {
    @TempDir
    Path folder;

    /** Hundreds of terabytes: had any of them been asked for first, the message would be about memory. */
    @ParameterizedTest
    @CsvSource({
        "image_size, 1048576, patch_size, 1048576",
        "image_size, 1048576, patch_size, 1024",
        "intermediate_size, 1048576, hidden_size, 65536",
        "num_channels, 4096, patch_size, 4",
        "patch_size, 1, image_size, 1024",
        "num_hidden_layers, 9999, qkv_bias, 1"
    })
    void aCheckpointsShapesAreComparedBeforeMemoryIsTaken(String key, int size, String other, int otherSize)
            throws IOException {
        SmallModels.save(folder, ProblemType.MULTI_LABEL, "a", "b");
        JsonObject config = JsonObject.read(folder.resolve("config.json")).with(key, size);
        config = other.equals("qkv_bias") ? config : config.with(other, otherSize);
        Files.writeString(folder.resolve("config.json"), config.pretty());
        Files.deleteIfExists(folder.resolve(FolderManifest.FILE));
        assertThatThrownBy(() -> Pretrained.load(folder, Pretrained.Options.asItIs(Device.CPU)))
                .isInstanceOf(InputException.class)
                .message()
                .startsWith(folder.resolve("model.safetensors").toString())
                .matches(".*(instead of|is missing).*belong(s)? to .*model.*")
                .doesNotContain("memory");
    }

    @Test
    void aNewModelThatTheMachineCannotHoldIsRefusedBeforeMemoryIsTaken() {
        ModelDefinition absurd = ModelDefinition.of(SmallModels.vit(32, 1, 1, 32, 1 << 20, 1 << 20));
        assertThatThrownBy(() -> VisionModel.fromScratch(absurd, Device.CPU, 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("weights need")
                .hasMessageContaining("are left; use a smaller model");
    }

    @Test
    void sizesWhoseProductNoNumberHoldsAreTheConfigurationsFault() {
        for (JsonObject config : new JsonObject[] {
            SmallModels.vit(1 << 20, 1, 1, 1, 1 << 20, 1 << 20).with("num_channels", 4096),
            SmallModels.vit(1 << 20, 1000, 1, 1 << 20, 32, 8),
            SmallModels.vit(1 << 20, 1, 1 << 20, 1, 1024, 1)
        }) {
            assertThatThrownBy(() -> ModelDefinition.of(config))
                    .isInstanceOf(InputException.class)
                    .hasMessageEndingWith("config.json");
        }
    }

    /** Ten times as many layers take about ten times the work; if anything looked at every weight for every weight, a hundred. */
    @Test
    void workGrowsWithTheLayersAndNotWithTheirSquare() {
        long once = cpuNanos(60);
        long tenfold = cpuNanos(600);
        assertThat(tenfold).isLessThan(40 * Math.max(once, 5_000_000));
    }

    private static long cpuNanos(int layers) {
        ModelDefinition definition = ModelDefinition.of(SmallModels.vit(4, layers, 1, 4, 16, 8));
        try (VisionModel model = new VisionModel(
                definition,
                new Parameters(definition.weights(), Device.CPU),
                io.vit4j.image.ImageProcessor.defaults())) {
            long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            for (int i = 0; i < 3; i++) {
                assertThat(model.isWhole()).isTrue();
                ModelCost cost = new ModelCost(definition, Dtype.FLOAT32);
                for (int block = 0; block < cost.blocks(); block++) {
                    cost.parameters(block);
                    cost.of(block);
                }
                definition.depths();
                definition.drops();
            }
            return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
        }
    }
}
