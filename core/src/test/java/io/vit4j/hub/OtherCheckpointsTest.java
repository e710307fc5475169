package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.model.Pretrained;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders that other programs write. */
class OtherCheckpointsTest {
    @TempDir
    Path folder;

    private void config(String name, String json) throws IOException {
        Files.writeString(folder.resolve(name), json.replace('\'', '"'));
    }

    @Test
    void anAdapterOfAnotherKindIsNamedWithItsModel() throws IOException {
        config(
                "adapter_config.json",
                "{'peft_type': 'LOHA', 'base_model_name_or_path': 'google/vit-base-patch16-224-in21k', 'r': 16}");
        Files.write(folder.resolve("adapter_model.safetensors"), new byte[8]);
        assertThatThrownBy(() -> Pretrained.definition(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("an adapter (LOHA) written by peft, of which only LORA is read here; it adapts"
                        + " google/vit-base-patch16-224-in21k")
                .hasMessageContaining("merge_and_unload()");
    }

    @Test
    void anAdapterWithoutItsModelIsNamedWithTheMend() throws IOException {
        config("adapter_config.json", "{'peft_type': 'LORA', 'base_model_name_or_path': 'gone', 'r': 16}");
        assertThatThrownBy(() -> Pretrained.definition(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(
                        "adapter_config.json: the model that this adapts (base_model_name_or_path) cannot be"
                                + " opened: gone: ")
                .hasMessageContaining("vit4j merge --model " + folder + " --base DIR --output DIR");
    }

    @Test
    void anAdapterBesideAModelIsNoReasonToRefuseIt() throws IOException {
        config("adapter_config.json", "{'peft_type': 'LORA'}");
        config("config.json", "{'model_type': 'vit', 'hidden_size': 16}");
        assertThat(CheckpointFiles.config(folder).text("model_type")).isEqualTo("vit");
    }

    @ParameterizedTest
    @CsvSource({"resnet, a convolutional network", "efficientnet, a convolutional network"})
    void otherFamiliesAreNamedForWhatTheyAre(String modelType, String what) throws IOException {
        config("config.json", "{'model_type': '" + modelType + "'}");
        assertThatThrownBy(() -> Pretrained.definition(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("model_type is '" + modelType + "', ")
                .hasMessageContaining(what)
                .hasMessageContaining("known ones are");
    }
}
