package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.model.SmallModels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command writes where, and what it refuses; that the graphs are right is OnnxExportTest's. */
class ExportCommandTest {
    @TempDir
    static Path folder;

    private static String model;

    @BeforeAll
    static void save() {
        model = SmallModels.save(folder.resolve("model"), ProblemType.MULTI_LABEL, "Edema", "Effusion")
                .toString();
    }

    private static CommandRun export(Object... options) {
        String[] line = new String[options.length + 3];
        line[0] = "export";
        line[1] = "--model";
        line[2] = model;
        for (int i = 0; i < options.length; i++) {
            line[i + 3] = options[i].toString();
        }
        return CommandRun.of(line);
    }

    @Test
    void aFileStandsAloneAndAFolderHasTheConfigurationBeside() throws IOException {
        Path file = folder.resolve("alone/tuned.onnx");
        CommandRun run = export("--output", file);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).isEqualToIgnoringNewLines("Exported model: " + file);
        try (var inside = Files.list(file.getParent())) {
            assertThat(inside).containsExactly(file);
        }

        Path beside = folder.resolve("onnx");
        assertThat(export("--format", "onnx", "--output", beside).exitCode()).isZero();
        assertThat(beside.resolve("model.onnx")).hasSameBinaryContentAs(file);
        assertThat(JsonObject.read(beside.resolve("config.json")).text("model_type"))
                .isEqualTo("vit");
        assertThat(beside.resolve("preprocessor_config.json")).exists();
        assertThat(JsonObject.read(beside.resolve("decision.json")).number("temperature"))
                .isEqualTo(1);
    }

    @Test
    void shorterNumbersMakeSmallerFiles() throws IOException {
        Path plain = folder.resolve("float32.onnx");
        assertThat(export("--output", plain).exitCode()).isZero();
        for (String dtype : new String[] {"float16", "int8"}) {
            Path file = folder.resolve(dtype + ".onnx");
            assertThat(export("--dtype", dtype, "--output", file).exitCode()).isZero();
            assertThat(Files.size(file)).isLessThan(Files.size(plain) * 3 / 4);
        }
    }

    @Test
    void withPreprocessingTheGraphTakesBytes() throws IOException {
        Path file = folder.resolve("pixels.onnx");
        assertThat(export("--with-preprocessing", "--output", file).exitCode()).isZero();
        String written = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertThat(written).contains("pixels").doesNotContain("pixel_values");
    }

    @Test
    void aFolderOfAnotherModelIsLeftAsItIs() throws IOException {
        Path other = Files.createDirectories(folder.resolve("other"));
        Files.writeString(other.resolve("config.json"), "{}");
        CommandRun run = export("--output", other);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("config.json: is there already; choose another --output");
        assertThat(other).isDirectoryContaining(file -> file.endsWith("config.json"));
        assertThat(other.resolve("config.json")).hasContent("{}");
        assertThat(other.resolve("model.onnx")).doesNotExist();
    }

    @Test
    void whatCannotBeIsSaidInALine() throws IOException {
        assertRefused("--dtype 'bfloat16' is unknown; use float32, float16 or int8", "--dtype", "bfloat16");
        assertRefused("--format 'tflite' is unknown; use onnx", "--format", "tflite");
        Path there = Files.createFile(folder.resolve("there.onnx"));
        CommandRun run = export("--output", there);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("there.onnx: is there already; choose another --output");
        assertThat(there).isEmptyFile();
    }

    private static void assertRefused(String message, String... options) {
        Object[] line = Arrays.copyOf(options, options.length + 2, Object[].class);
        line[options.length] = "--output";
        line[options.length + 1] = folder.resolve("refused.onnx");
        CommandRun run = export(line);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains(message);
        assertThat(folder.resolve("refused.onnx")).doesNotExist();
    }
}
