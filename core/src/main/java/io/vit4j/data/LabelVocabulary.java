package io.vit4j.data;

import io.vit4j.base.InputException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The label names in the order of the model's outputs. {@link #sorted} orders them by their characters, or by value if all
 * are whole numbers.
 */
public final class LabelVocabulary {
    /** More labels than any published data set has (ImageNet-21k: 21,841). */
    public static final int MOST_LABELS = 1_000_000;

    private final List<String> names;
    private final Map<String, Integer> indexOf;

    /** @param names without duplicates, in the order of the model's outputs */
    public LabelVocabulary(List<String> names) {
        if (names.isEmpty() || names.size() > MOST_LABELS) {
            throw new InputException(names.size() + " labels, but from 1 to " + MOST_LABELS
                    + " are needed; is the label column the right one?");
        }
        this.names = List.copyOf(names);
        this.indexOf = new HashMap<>(names.size() * 2);
        for (int i = 0; i < names.size(); i++) {
            if (indexOf.put(names.get(i), i) != null) {
                throw new InputException("label \"" + names.get(i) + "\" appears twice among the labels; keep one");
            }
        }
    }

    /** The vocabulary of these names, in any order, with repetitions. */
    public static LabelVocabulary sorted(Collection<String> names) {
        Set<String> distinct = new HashSet<>(names);
        Comparator<String> byCharacters = Comparator.naturalOrder();
        Set<String> ordered = new TreeSet<>(
                distinct.stream().allMatch(LabelVocabulary::isNumber)
                        ? Comparator.<String>comparingLong(Long::parseLong).thenComparing(byCharacters)
                        : byCharacters);
        ordered.addAll(distinct);
        return new LabelVocabulary(List.copyOf(ordered));
    }

    /** The vocabulary of a label file: every label that a row has, and those that its header declares. */
    public static LabelVocabulary of(LabelTable table) {
        if (table.problemType() == ProblemType.REGRESSION) {
            return new LabelVocabulary(table.declaredLabels());
        }
        Set<String> names = new HashSet<>(table.declaredLabels());
        for (LabelTable.LabelRow row : table.rows()) {
            names.addAll(row.labels());
            names.addAll(row.unknown());
        }
        if (names.isEmpty()) {
            throw new InputException(table.source() + ": no row has a label; is the label column the right one?");
        }
        return sorted(names);
    }

    private static boolean isNumber(String name) {
        return !name.isEmpty() && name.length() <= 18 && name.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** {@return how many labels there are} */
    public int size() {
        return names.size();
    }

    /** {@return all names, in the order of the model's outputs} */
    public List<String> names() {
        return names;
    }

    /**
     * The name of an output.
     * @param index from 0
     * @return the name
     */
    public String name(int index) {
        return names.get(index);
    }

    /**
     * Whether there is such a label.
     * @param name a label
     * @return whether it is among them
     */
    public boolean contains(String name) {
        return indexOf.containsKey(name);
    }

    /** The number of a label. InputException if it is unknown. */
    public int index(String name) {
        Integer index = indexOf.get(name);
        if (index == null) {
            throw new InputException("label \"" + name + "\" is not among the " + size() + " labels " + shortList());
        }
        return index;
    }

    /** 1 for each label given, 0 for the others, {@code [labels]}. */
    public float[] nHot(Collection<String> present) {
        float[] hot = new float[size()];
        for (String name : present) {
            hot[index(name)] = 1;
        }
        return hot;
    }

    /**
     * A row's labels as {@link Sample#labels} holds them: N-hot with NaN for the unknown, or the class's number, NaN where
     * the row has none; for regression its numbers, NaN if one is unknown.
     */
    public float[] encode(LabelTable.LabelRow row, ProblemType problemType) {
        if (problemType == ProblemType.REGRESSION) {
            float[] numbers = new float[row.labels().size()];
            for (int i = 0; i < numbers.length; i++) {
                String number = row.labels().get(i);
                numbers[i] = number.isEmpty() ? Float.NaN : Float.parseFloat(number);
            }
            return numbers;
        }
        if (problemType == ProblemType.SINGLE_LABEL) {
            return new float[] {
                row.labels().isEmpty() ? Float.NaN : index(row.labels().get(0))
            };
        }
        float[] hot = nHot(row.labels());
        for (String name : row.unknown()) {
            hot[index(name)] = Float.NaN;
        }
        return hot;
    }

    private String shortList() {
        return size() <= 20 ? names.toString() : names.subList(0, 20) + "...";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LabelVocabulary that && names.equals(that.names);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(names.toArray());
    }

    @Override
    public String toString() {
        return names.toString();
    }
}
