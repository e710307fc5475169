package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetCardTest {
    /** As {@code push_to_hub} writes it. */
    private static final String PUSHED = """
            ---
            license: mit
            dataset_info:
              features:
              - name: image
                dtype: image
              - name: label
                dtype:
                  class_label:
                    names:
                      '0': angular leaf spot
                      '1': "no"
                      '2': healthy
                      '10': eleventh
              - name: labels
                sequence:
                  class_label:
                    names:
                      '0': a
                      '1': b
              splits:
              - name: train
                num_bytes: 1
            configs:
            - config_name: default
              data_files:
              - split: train
                path: data/train-*
              - split: test
                path:
                - data/test-*
                - more/test.parquet
            ---
            # Beans
            """;

    @Test
    void classNamesAndFilesAreRead() {
        DatasetCard card = DatasetCard.parse(PUSHED, "README.md");
        assertThat(card.classNamesOf("default"))
                .containsEntry("label", List.of("angular leaf spot", "no", "healthy", "eleventh"))
                .containsEntry("labels", List.of("a", "b"))
                .hasSize(2);
        assertThat(card.configurations())
                .containsExactly(new DatasetCard.Configuration(
                        "default",
                        false,
                        List.of(
                                new DatasetCard.DataFiles(Optional.of("train"), List.of("data/train-*")),
                                new DatasetCard.DataFiles(
                                        Optional.of("test"), List.of("data/test-*", "more/test.parquet")))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data_files: a/*.parquet",
                "data_files: [a/*.parquet]",
                "data_dir: a\n  data_files: \"*.parquet\"",
                "data_files: {path: a/*.parquet}"
            })
    void allFormsOfFilesAreRead(String files) {
        DatasetCard card = DatasetCard.parse("---\nconfigs:\n- config_name: x\n  " + files + "\n---\n", "README.md");
        DatasetCard.DataFiles found = card.configurations().get(0).files().get(0);
        assertThat(found.split()).isEmpty();
        assertThat(found.contains("a/b.parquet")).isTrue();
        assertThat(found.contains("c/b.parquet")).isFalse();
    }

    @Test
    void theDefaultConfigurationIsMeantIfNoneIsNamed() {
        String config = "- config_name: %s\n  data_files: %s/*\n%s";
        String two = "---\nconfigs:\n" + config.formatted("a", "a", "")
                + config.formatted("b", "b", "  default: true\n") + "---\n";
        DatasetCard card = DatasetCard.parse(two, "README.md");
        assertThat(card.configuration(Optional.empty(), "x", "").orElseThrow().name())
                .isEqualTo("b");
        assertThat(card.configuration(Optional.of("a"), "x", "").orElseThrow().name())
                .isEqualTo("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# Title\n", "---\nnot ended", "---\n- a\n- b\n---\n", "---\n---\n"})
    void aCardWithoutYamlSaysNothing(String text) {
        assertThat(DatasetCard.parse(text, "README.md").configurations()).isEmpty();
    }

    @Test
    void brokenAndHostileYamlIsRefusedInOneLine() {
        String bomb = "a: &a [x, x]\nb: &b [*a, *a]\n" + "c: [*b, *b]\n".repeat(100);
        for (String yaml : List.of("a: [", "a: b: c", "\t x: 1", "&a [*a", "[".repeat(100_000), bomb)) {
            assertThatThrownBy(() -> DatasetCard.parse("---\n" + yaml + "\n---\n", "README.md"))
                    .as(yaml.substring(0, Math.min(20, yaml.length())))
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith("README.md: its YAML ")
                    .hasMessageNotContaining("\n");
        }
    }
}
