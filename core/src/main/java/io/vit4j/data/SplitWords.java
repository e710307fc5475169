package io.vit4j.data;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The words by which a table's rows name their split. */
final class SplitWords {
    private static final int SHOWN = 20;

    private SplitWords() {}

    /** A word that names no split is a problem, and so is a row without a word among rows with one. The meaning given to each word is reported. */
    static void check(LabelTable table, String[] side, Problems problems) {
        boolean told = table.rows().stream().anyMatch(row -> row.split().isPresent());
        Map<String, String> meant = new TreeMap<>();
        for (int i = 0; i < side.length && told; i++) {
            LabelTable.LabelRow row = table.rows().get(i);
            Optional<String> split = row.split().flatMap(Split::named);
            if (split.isPresent()) {
                if (!split.equals(row.split())) {
                    meant.put(row.split().get(), split.get());
                }
            } else if (side[i] == null) {
                problems.add(
                        Problems.ProblemKind.UNKNOWN_SPLIT,
                        table.source(),
                        row.line(),
                        row.image(),
                        row.split()
                                .map(word -> "split \"" + DelimitedText.shortened(word)
                                        + "\" is neither train, validation nor test")
                                .orElse("no split, although other rows have one"));
            }
        }
        if (!meant.isEmpty()) {
            problems.note(
                    table.source(),
                    "splits are read as "
                            + meant.entrySet().stream()
                                    .limit(SHOWN)
                                    .map(Map.Entry::toString)
                                    .collect(Collectors.joining(", ")));
        }
    }

    /** The table with the splits that the user's own words mean. */
    static LabelTable replaced(LabelTable table, Map<String, String> words) {
        Map<String, String> byWord = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        byWord.putAll(words);
        return table.withRows(table.rows().stream()
                .map(row -> row.split().map(byWord::get).map(row::withSplit).orElse(row))
                .toList());
    }
}
