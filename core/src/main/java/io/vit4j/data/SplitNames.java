package io.vit4j.data;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The words by which folders, files and columns name a split. They are those of Hugging Face {@code datasets}, in any case, as a
 * whole or set off by anything that is no letter: {@code seg_train}, {@code test1}, {@code Training}, {@code PublicTest}.
 */
final class SplitNames {
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("train", Split.TRAIN),
            Map.entry("training", Split.TRAIN),
            Map.entry("validation", Split.VALIDATION),
            Map.entry("validate", Split.VALIDATION),
            Map.entry("validating", Split.VALIDATION),
            Map.entry("valid", Split.VALIDATION),
            Map.entry("val", Split.VALIDATION),
            Map.entry("dev", Split.VALIDATION),
            Map.entry("development", Split.VALIDATION),
            Map.entry("test", Split.TEST),
            Map.entry("testing", Split.TEST),
            Map.entry("eval", Split.TEST),
            Map.entry("evaluation", Split.TEST));

    /** Beside one of these, a word means the opposite. */
    private static final Set<String> NEGATIONS = Set.of("no", "non", "not", "un", "without", "excluded", "exclude");

    private static final Pattern BETWEEN_WORDS = Pattern.compile("[^\\p{L}]+|(?<=\\p{Ll})(?=\\p{Lu})");

    private SplitNames() {}

    /** The split that a name is about: one of its words names one, and no other word names another. */
    static Optional<String> in(String name) {
        Set<String> named = new LinkedHashSet<>();
        for (String word : BETWEEN_WORDS.split(CleanText.of(name))) {
            String lower = word.toLowerCase(Locale.ROOT);
            if (NEGATIONS.contains(lower)) {
                return Optional.empty();
            }
            if (WORDS.containsKey(lower)) {
                named.add(WORDS.get(lower));
            }
        }
        return named.size() == 1 ? named.stream().findFirst() : Optional.empty();
    }

    /** The split that a name is one of the words for, and nothing else. */
    static Optional<String> exactly(String name) {
        return Optional.ofNullable(WORDS.get(CleanText.of(name).toLowerCase(Locale.ROOT)));
    }

    /** The split that folders name: the innermost that is such a word, else the innermost with one in its name. */
    static Optional<String> inFolders(List<String> folders) {
        Optional<String> exact = Optional.empty();
        Optional<String> within = Optional.empty();
        for (String folder : folders) {
            exact = exactly(folder).or(orElse(exact));
            within = in(folder).or(orElse(within));
        }
        return exact.or(orElse(within));
    }

    private static java.util.function.Supplier<Optional<String>> orElse(Optional<String> other) {
        return () -> other;
    }

    /** Of files in different splits: the split of each, if every file's own name has one and they are not all the same. */
    static Optional<List<String>> inFileNames(List<String> paths) {
        List<String> splits = new ArrayList<>(paths.size());
        Set<String> different = new LinkedHashSet<>();
        for (String path : paths) {
            Optional<String> split = in(ImageNames.stem(path.substring(path.lastIndexOf('/') + 1)));
            if (split.isEmpty()) {
                return Optional.empty();
            }
            splits.add(split.get());
            different.add(split.get());
        }
        return different.contains(Split.TRAIN) && different.size() > 1 ? Optional.of(splits) : Optional.empty();
    }
}
