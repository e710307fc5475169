package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @TempDir
    Path folder;

    @Test
    void writesAsPythonDoesAndReadsItBack() throws IOException {
        ObjectNode value = Json.object();
        value.put("size", 224).put("loss", Double.NaN).putArray("mean").add(0.5).add(1e-12);
        value.putObject("empty");
        value.putArray("none");
        Path file = folder.resolve("a.json");
        Json.write(file, value);
        assertThat(Files.readString(file)).isEqualTo("""
                {
                  "size": 224,
                  "loss": NaN,
                  "mean": [
                    0.5,
                    1.0E-12
                  ],
                  "empty": {},
                  "none": []
                }
                """);
        assertThat(Json.readObject(file)).isEqualTo(value);
        assertThat(Json.line(value)).doesNotContain("\n");
        try (var files = Files.list(folder)) {
            assertThat(files).as("nothing half-written is left").containsExactly(file);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "{", "{\"a\":1", "{\"a\" 1}", "[1,]", "{} {}", "nul", "\"\\ud8", "{a:1}", "\u0000"})
    void whatIsNoJsonIsRefusedNamingTheFile(String text) throws IOException {
        Path file = folder.resolve("bad.json");
        Files.writeString(file, text);
        assertThatThrownBy(() -> Json.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(file.toString());
    }

    @Test
    void valuesHaveLines() {
        String json = "{\n \"a\": [1,\n {\"b/~\": 2}],\n\n \"c\": 3}";
        assertThat(Json.lineOf(json, "/a")).isEqualTo(2);
        assertThat(Json.lineOf(json, "/a/1/b~1~0")).isEqualTo(3);
        assertThat(Json.lineOf(json, "/c")).isEqualTo(5);
        assertThat(Json.lineOf(json, "/a/1/none")).as("of what is around it").isEqualTo(3);
        assertThat(Json.lineOf(json, "/none")).isEqualTo(1);
    }

    @Test
    void theFaultIsLocated() {
        assertThatThrownBy(() -> Json.parse("{\n  \"a\": ?}", "x.json"))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("x.json: line 2, column 8");
    }

    @Test
    void depthLengthAndCountAreBounded() {
        assertThatThrownBy(() -> Json.parse("[".repeat(1000000), "deep")).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Json.parse("{\"a\":".repeat(101), "deep")).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Json.parse("[" + "[],".repeat(3_000_000) + "0]", "many"))
                .isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Json.parse("\"" + "a".repeat(5 << 20) + "\"", "long"))
                .isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Json.parse("1".repeat(100000), "number")).isInstanceOf(InputException.class);
        assertThat(Json.parse("[".repeat(99) + "]".repeat(99), "x").isArray()).isTrue();
    }

    @Test
    void anAbsentFileOrAFolderOrAnotherKindOfValueIsNamed() throws IOException {
        assertThatThrownBy(() -> Json.read(folder.resolve("absent.json")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("absent.json: no such file");
        assertThatThrownBy(() -> Json.read(folder)).isInstanceOf(InputException.class);
        Path file = Files.writeString(folder.resolve("list.json"), "[1]");
        assertThatThrownBy(() -> Json.readObject(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("contains a list");
        assertThatThrownBy(() -> Json.write(folder.resolve("no/such/folder.json"), Json.object()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cannot be written");
    }

    @Test
    void aByteOrderMarkIsNoFault() {
        assertThat(Json.parse("\uFEFF{\"a\":1}", "bom").get("a").intValue()).isEqualTo(1);
    }
}
