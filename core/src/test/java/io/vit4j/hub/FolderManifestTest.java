package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a folder's manifest says of its files, and what it does not take for one. */
class FolderManifestTest {
    @TempDir
    Path folder;

    /** The digits whose sums stand in the catalogue of CRC algorithms and in sha256sum's answer. */
    @Test
    void sumsAreThoseOfOtherPrograms() throws IOException {
        Path file = Files.writeString(folder.resolve("digits"), "123456789");
        FolderManifest.write(DurableFiles.SYSTEM, folder, List.of(file));
        JsonObject entry = FolderManifest.of(folder).orElseThrow().files().object("digits");
        assertThat(entry.integer("size")).isEqualTo(9);
        assertThat(entry.text("crc32c")).isEqualTo("e3069283");
        assertThat(entry.text("sha256")).isEqualTo("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
        FolderManifest.refuseChanged(file);
        Files.writeString(file, "123456780");
        assertThatThrownBy(() -> FolderManifest.refuseChanged(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("its bytes have changed since it was written");
        assertThat(FolderManifest.of(folder).orElseThrow().damage())
                .hasValueSatisfying(damage -> assertThat(damage).contains(file.toString()));
    }

    @Test
    void otherProgramsFilesOfThatNameArePassedOver() throws IOException {
        Path file = Files.writeString(folder.resolve("config.json"), "{}");
        Files.writeString(folder.resolve(FolderManifest.FILE), "{\"name\": \"an app\", \"icons\": []}");
        assertThat(FolderManifest.of(folder)).isEmpty();
        FolderManifest.refuseChanged(file);
    }
}
