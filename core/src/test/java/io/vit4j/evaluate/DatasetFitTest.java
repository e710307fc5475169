package io.vit4j.evaluate;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatasetFitTest {
    private static final Path DATASET = Path.of("dataset");
    private static final Path MODEL = Path.of("tuned");

    @Test
    void labelsOfOtherNamesAreNamed() {
        assertThatCode(() -> DatasetFit.requireLabels(DATASET, List.of("a", "b"), MODEL, List.of("a", "b")))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> DatasetFit.requireLabels(
                        DATASET, List.of("cat", "dog", "Ant"), MODEL, List.of("ant", "cat", "dog")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("dataset: its labels are not those of the model tuned")
                .hasMessageContaining("only the data set has Ant, and only the model has ant;");
        assertThatThrownBy(() -> DatasetFit.requireLabels(DATASET, List.of("a"), MODEL, List.of("a", "b")))
                .hasMessageContaining("only the data set has none, and only the model has b;");
    }
}
