package io.vit4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FoldsTest {
    /** scikit-learn's folds, written by folds.py. */
    @Test
    void foldsAreThoseOfScikitLearn() throws IOException {
        JsonNode cases;
        try (InputStream in = FoldsTest.class.getResourceAsStream("folds.json")) {
            cases = new ObjectMapper().readTree(in);
        }
        assertThat(cases.size()).isEqualTo(3);
        for (JsonNode one : cases) {
            List<long[]> groups = new ArrayList<>();
            for (JsonNode patient : one.path("counts")) {
                long[] counts = new long[patient.size()];
                for (int c = 0; c < counts.length; c++) {
                    counts[c] = patient.get(c).asLong();
                }
                groups.add(counts);
            }
            int[] expected = new int[groups.size()];
            for (int i = 0; i < expected.length; i++) {
                expected[i] = one.path("fold").get(i).asInt();
            }
            assertThat(Folds.assign(groups, one.path("folds").asInt())).isEqualTo(expected);
        }
    }
}
