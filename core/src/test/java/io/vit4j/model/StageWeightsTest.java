package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.StoredTensor;
import io.vit4j.torch.Device;
import io.vit4j.torch.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pipeline stage has its own weights from the start, and those of the others never. */
class StageWeightsTest {
    private static final ModelDefinition CONFIG = SmallModels.config(ProblemType.MULTI_LABEL, "a", "b", "c");

    @TempDir
    Path folder;

    private static Set<String> names(int block) {
        return CONFIG.weightNames(block, block + 1);
    }

    private VisionModel saved(String without) throws Exception {
        Files.createDirectories(folder);
        VisionModel whole = VisionModel.fromScratch(CONFIG, Device.CPU, 7);
        List<StoredTensor> weights = new ArrayList<>();
        for (Parameters.Entry entry : whole.parameters().entries()) {
            if (!entry.name().equals(without)) {
                weights.add(
                        StoredWeights.stored(entry.name(), whole.parameters().get(entry.name())));
            }
        }
        whole.save(DurableFiles.SYSTEM, folder, weights);
        return whole;
    }

    private Pretrained.Loaded load(int block, Optional<List<String>> labels) {
        Pretrained.Options options = new Pretrained.Options(
                Device.CPU, labels, labels.map(names -> ProblemType.MULTI_LABEL), labels.isPresent(), 7);
        return Pretrained.load(folder, options, config -> names(block)::contains);
    }

    private static void assertSameWeights(Parameters some, Parameters whole) {
        for (String name : some.names()) {
            assertThat(Tensors.toFloats(some.get(name))).as(name).isEqualTo(Tensors.toFloats(whole.get(name)));
        }
    }

    @Test
    void aStageLoadsItsOwnWeightsAlone() throws Exception {
        try (VisionModel whole = saved("");
                VisionModel stage = load(1, Optional.empty()).model()) {
            assertThat(stage.parameters().names()).containsExactlyInAnyOrderElementsOf(names(1));
            assertThat(stage.parameters().size()).isLessThan(whole.parameters().size());
            assertSameWeights(stage.parameters(), whole.parameters());
        }
    }

    @Test
    void aStageOfANewModelBeginsWithTheWholeOnesWeights() {
        try (VisionModel whole = VisionModel.fromScratch(CONFIG, Device.CPU, 7);
                VisionModel stage =
                        VisionModel.fromScratch(CONFIG, whole.processor(), Device.CPU, 7, names(2)::contains)) {
            assertThat(stage.parameters().names()).containsExactlyInAnyOrderElementsOf(names(2));
            assertSameWeights(stage.parameters(), whole.parameters());
        }
    }

    @Test
    void everyStageReportsWhatTheWholeModelMisses() throws Exception {
        String missing = "vit.encoder.layer.1.output.dense.bias";
        saved(missing).close();
        for (int block = 0; block < CONFIG.blockCount(); block++) {
            int stage = block;
            assertThatThrownBy(() -> load(stage, Optional.empty()))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(missing);
        }
    }

    @Test
    void aNewClassifierIsThatOfTheWholeModelWhoeverHoldsIt() throws Exception {
        saved("").close();
        Optional<List<String>> labels = Optional.of(List.of("x", "y"));
        int head = CONFIG.blockCount() - 1;
        Pretrained.Options options =
                new Pretrained.Options(Device.CPU, labels, Optional.of(ProblemType.MULTI_LABEL), true, 7);
        try (VisionModel whole = Pretrained.load(folder, options).model();
                VisionModel last = load(head, labels).model()) {
            assertSameWeights(last.parameters(), whole.parameters());
        }
        Pretrained.Loaded first = load(0, labels);
        try (VisionModel model = first.model()) {
            assertThat(first.report().mismatched()).hasSize(2);
            assertThat(first.report().unused()).isEmpty();
            assertThat(model.parameters().names()).containsExactlyInAnyOrderElementsOf(names(0));
        }
    }
}
