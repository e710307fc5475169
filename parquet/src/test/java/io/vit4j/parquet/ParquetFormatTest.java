package io.vit4j.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.Shard;
import io.vit4j.data.Shard.Kind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that {@code datasets}, pandas and pyarrow wrote (make.py), against what pyarrow reads from them. */
class ParquetFormatTest {
    static final Path FOLDER = Path.of("src/test/resources/io/vit4j/parquet");
    private static final JsonNode EXPECTED = Json.read(FOLDER.resolve("expected.json"));

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"datasets", "pandas", "gzip", "zstd", "lz4", "snappy", "v2", "delta"})
    void valuesAreThosePyarrowReads(String name) {
        Shard shard = new ParquetFormat().open(FOLDER.resolve(name + ".parquet"));
        JsonNode expected = EXPECTED.get(name);
        assertThat(shard.rows()).isEqualTo(7);
        List<String> names = shard.columns().stream()
                .filter(column -> column.kind() != Kind.OTHER && column.kind() != Kind.BYTES)
                .map(Shard.Column::name)
                .filter(column -> !column.startsWith("__index"))
                .toList();
        List<List<List<String>>> rows = new ArrayList<>();
        shard.forEachRow(names, rows::add);
        assertThat(rows).hasSize(7);
        for (int column = 0; column < names.size(); column++) {
            JsonNode values = expected.get(names.get(column).equals("image") ? "path" : names.get(column));
            for (int row = 0; row < 7; row++) {
                List<String> cell = rows.get(row).get(column);
                assertThat(cell)
                        .as(names.get(column) + " " + row)
                        .hasSize(texts(values.get(row)).size());
                for (int i = 0; i < cell.size(); i++) {
                    JsonNode value = values.get(row).isArray() ? values.get(row).get(i) : values.get(row);
                    if (value.isFloatingPointNumber()) {
                        assertThat(Float.parseFloat(cell.get(i))).isEqualTo((float) value.asDouble());
                    } else {
                        assertThat(cell.get(i)).isEqualToIgnoringCase(value.asText());
                    }
                }
            }
        }
        Shard.Files files = shard.files("image");
        for (int row : new int[] {6, 0, 3, 1, 5, 2, 4}) {
            JsonNode value = expected.get("image").get(row);
            Optional<byte[]> found = files.read(row);
            assertThat(found.isEmpty()).isEqualTo(value.isNull());
            found.ifPresent(
                    bytes -> assertThat(bytes).isEqualTo(Base64.getDecoder().decode(value.asText())));
        }
    }

    private static List<JsonNode> texts(JsonNode value) {
        List<JsonNode> texts = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(texts::add);
        } else if (!value.isNull()) {
            texts.add(value);
        }
        return texts;
    }

    @Test
    void kindsOfColumnsAreTold() {
        assertThat(new ParquetFormat().open(FOLDER.resolve("pandas.parquet")).columns())
                .extracting(Shard.Column::kind)
                .containsExactly(
                        Kind.PICTURE,
                        Kind.VALUE,
                        Kind.VALUE,
                        Kind.VALUE,
                        Kind.VALUE,
                        Kind.VALUE,
                        Kind.VALUES,
                        Kind.OTHER);
        Shard datasets = new ParquetFormat().open(FOLDER.resolve("datasets.parquet"));
        assertThat(datasets.metadata().get("huggingface"))
                .contains("ClassLabel")
                .contains("dog");
    }

    @Test
    void aWrongChecksumIsNoticed() throws Exception {
        byte[] file = Files.readAllBytes(FOLDER.resolve("snappy.parquet"));
        file[new String(file, StandardCharsets.ISO_8859_1).indexOf("IDAT") + 6] ^= 1;
        Path damaged = Files.write(folder.resolve("x.parquet"), file);
        Shard shard = new ParquetFormat().open(damaged);
        assertThatThrownBy(() -> shard.files("image").read(0))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("x.parquet")
                .hasMessageContaining("checksum");
    }

    @Test
    void everyCutIsRefused() throws Exception {
        byte[] file = Files.readAllBytes(FOLDER.resolve("zstd.parquet"));
        Path cut = folder.resolve("cut.parquet");
        for (int length = 0; length < file.length; length += 37) {
            Files.write(cut, java.util.Arrays.copyOf(file, length));
            assertThatThrownBy(() -> new ParquetFormat().open(cut))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("cut.parquet")
                    .hasMessageNotContaining("\n");
        }
    }
}
