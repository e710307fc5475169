package io.vit4j.train.arguments;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which values of its type an argument may have. */
public sealed interface Allowed {
    /** All. */
    record Everything() implements Allowed {
        @Override
        public String toString() {
            return "";
        }
    }

    /** Numbers from low to high; each end belongs to it or not. */
    record Interval(double low, boolean lowIncluded, double high, boolean highIncluded) implements Allowed {
        private static final double UNSAID = 65536;

        /**
         * Whether a number is in it.
         * @param value the number
         * @return whether it is
         */
        boolean contains(double value) {
            return (lowIncluded ? value >= low : value > low) && (highIncluded ? value <= high : value < high);
        }

        /** An upper end that only bounds memory and arithmetic is not worth saying. */
        @Override
        public String toString() {
            return lowEnd() + (high >= UNSAID ? "" : " and " + highEnd());
        }

        /** With both ends. */
        String inFull() {
            return lowEnd() + " and " + highEnd();
        }

        private String lowEnd() {
            return (lowIncluded ? "at least " : "above ") + plain(low);
        }

        private String highEnd() {
            return (highIncluded ? "at most " : "below ") + plain(high);
        }

        private static String plain(double value) {
            return value == Math.rint(value) && Math.abs(value) < 1e15
                    ? Long.toString((long) value)
                    : Double.toString(value);
        }
    }

    /**
     * Words.
     *
     * @param words those to choose from, in the order of the table
     * @param same words that are read as another one of the same meaning
     * @param near words that are read as another one of nearly the same meaning, which must be said
     */
    record Choices(List<String> words, Map<String, String> same, Map<String, String> near) implements Allowed {
        @Override
        public String toString() {
            return String.join(", ", words);
        }
    }

    /** An interval as the table writes it: {@code [0,1)}. */
    Pattern INTERVAL = Pattern.compile("([\\[(])([^,]+),([^,]+)([\\])])");

    /** Reads the table's column: {@code -}, {@code [0,1)} or {@code a|b|old=a}. */
    static Allowed parse(String column) {
        if (column.equals("-")) {
            return new Everything();
        }
        Matcher interval = INTERVAL.matcher(column);
        if (interval.matches()) {
            return new Interval(
                    Double.parseDouble(interval.group(2)),
                    interval.group(1).equals("["),
                    Double.parseDouble(interval.group(3)),
                    interval.group(4).equals("]"));
        }
        Map<String, String> same = new LinkedHashMap<>();
        Map<String, String> near = new LinkedHashMap<>();
        List<String> words = new ArrayList<>();
        for (String word : column.split("\\|")) {
            String[] pair = word.split("[=~]");
            if (pair.length == 1) {
                words.add(word);
            } else {
                (word.contains("~") ? near : same).put(pair[0], pair[1]);
            }
        }
        return new Choices(List.copyOf(words), same, near);
    }
}
