package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FilePatternTest {
    private static final List<String> PATHS = List.of(
            "data/train-00000-of-00001.parquet",
            "train.parquet",
            "data/x-1.parquet",
            "data/a/x-1.parquet",
            "data/a/b/x-1.parquet",
            "train/a.parquet",
            "en/train/a.parquet",
            "train/b/a.parquet",
            "data/bcd.parquet",
            "data/dcd.parquet",
            "data/train-/x");

    /** As fsspec 2025's {@code glob_translate} matches them. */
    @ParameterizedTest
    @CsvSource({
        "data/train-*, 0",
        "*, 1",
        "**, 0 1 2 3 4 5 6 7 8 9 10",
        "**/train/**, 5 6 7",
        "train/*.parquet, 5",
        "data/**/x-?.parquet, 2 3 4",
        "data/[a-c]*.parquet, 8",
        "data/[!a]*.parquet, 0 2 8 9",
        "*.parquet, 1",
        "data/train-00000-of-00001.parquet, 0",
        "**/*.parquet, 0 1 2 3 4 5 6 7 8 9",
        "data/**, 0 2 3 4 8 9 10"
    })
    void patternsMatchAsFsspecMatchesThem(String pattern, String numbers) {
        List<String> expected = new ArrayList<>();
        for (String number : numbers.split(" ")) {
            expected.add(PATHS.get(Integer.parseInt(number)));
        }
        assertThat(IntStream.range(0, PATHS.size())
                        .mapToObj(PATHS::get)
                        .filter(path -> FilePattern.matches(pattern, path)))
                .containsExactlyElementsOf(expected);
    }

    @ParameterizedTest
    @CsvSource({"'a*a*a*a*a*a*a*a*a*a*b', 20000", "'**/**/**/**/**/**/b', 20000"})
    void aHostilePatternEnds(String pattern, int length) {
        assertThat(FilePattern.matches(pattern, "a".repeat(length))).isFalse();
    }
}
