package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LabelNamesTest {
    @Test
    void namesThatRepeatGetTheNumberOfTheirOutput() {
        assertThat(LabelNames.distinct(List.of("tench", "crane", "drake", "crane")))
                .containsExactly("tench", "crane (1)", "drake", "crane (3)");
        assertThat(LabelNames.distinct(List.of("crane (1)", "crane", "crane")))
                .containsExactly("crane (1)", "crane (1) (1)", "crane (2)")
                .doesNotHaveDuplicates();
    }

    @Test
    void distinctNamesStayAsTheyAre() {
        List<String> names = List.of("crane (2)", "b", "");
        assertThat(LabelNames.distinct(names)).isEqualTo(names);
        assertThat(LabelNames.distinct(LabelNames.distinct(List.of("a", "a"))))
                .isEqualTo(LabelNames.distinct(List.of("a", "a")));
    }
}
