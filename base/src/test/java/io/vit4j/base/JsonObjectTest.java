package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class JsonObjectTest {
    private static final JsonObject CONFIG = JsonObject.parse("""
            {"hidden_size": 768, "eps": 1e-12, "qkv_bias": false, "act": "gelu", "pair": [224, 96], "none": null,
             "nested": {"a": "b"}, "unknown": {"deep": [1, {"x": 2.5}]}}""", "config.json");

    @Test
    void valuesAreReadByTypeAndAbsentOnesHaveTheirDefault() {
        assertThat(CONFIG.integer("hidden_size")).isEqualTo(768);
        assertThat(CONFIG.integer("absent", 3)).isEqualTo(3);
        assertThat(CONFIG.number("eps", 0)).isEqualTo(1e-12);
        assertThat(CONFIG.number("hidden_size")).isEqualTo(768);
        assertThat(CONFIG.bool("qkv_bias", true)).isFalse();
        assertThat(CONFIG.bool("absent", true)).isTrue();
        assertThat(CONFIG.text("act")).isEqualTo("gelu");
        assertThat(CONFIG.text("none", "otherwise")).isEqualTo("otherwise");
        assertThat(CONFIG.integers("pair")).containsExactly(224, 96);
        assertThat(CONFIG.integers("hidden_size")).containsExactly(768);
        assertThat(CONFIG.integers("absent")).isEmpty();
        assertThat(CONFIG.object("nested").asTexts()).containsEntry("a", "b").hasSize(1);
        assertThat(CONFIG.object("unknown").keys()).containsExactly("deep");
    }

    @Test
    void whatIsOfAnotherTypeIsRefusedNamingFileAndKey() {
        assertThatThrownBy(() -> CONFIG.integer("eps"))
                .isInstanceOf(InputException.class)
                .hasMessage("config.json: \"eps\" is 1.0E-12, not a whole number; correct it");
        assertThatThrownBy(() -> CONFIG.text("hidden_size")).hasMessageContaining("not a string");
        assertThatThrownBy(() -> CONFIG.integers("unknown")).hasMessageContaining("\"unknown\" is an object");
        assertThatThrownBy(() -> CONFIG.text("absent"))
                .isInstanceOf(InputException.class)
                .hasMessage("config.json: has no \"absent\"; add it");
    }

    @Test
    void aChangeGivesANewOneWithAllElseKept() {
        JsonObject changed = CONFIG.with("hidden_size", 5)
                .with("list", List.of("a", 1, 2.5, true, JsonObject.empty().with("k", "v")))
                .without("none");
        assertThat(CONFIG.integer("hidden_size")).isEqualTo(768);
        assertThat(changed.line())
                .isEqualTo("{\"hidden_size\":5,\"eps\":1.0E-12,\"qkv_bias\":false,\"act\":\"gelu\",\"pair\":[224,96],"
                        + "\"nested\":{\"a\":\"b\"},\"unknown\":{\"deep\":[1,{\"x\":2.5}]},"
                        + "\"list\":[\"a\",1,2.5,true,{\"k\":\"v\"}]}");
        assertThat(JsonObject.parse(changed.pretty(), "again")).isEqualTo(changed);
    }

    @Test
    void copiesAreCopies() {
        var node = Json.parseObject("{\"a\": 1}", "x");
        JsonObject typed = Json.typed(node, "x");
        node.put("a", 2);
        Json.untyped(typed).put("a", 3);
        assertThat(typed.integer("a")).isEqualTo(1);
    }
}
