package io.vit4j.base;

import java.util.Collection;
import java.util.Locale;

/** Finds what somebody meant by a name that does not exist: the known name with the fewest typing slips to it for its length. */
public final class NearestName {
    /** No real name is longer. A longer one comes from a broken file, and its tail says nothing. */
    private static final int LONGEST_NAME = 128;

    private NearestName() {}

    /**
     * The known name nearest to the given one; of equally near ones the first. Upper and lower case, {@code -} and
     * {@code _} count as the same.
     *
     * @param known at least one name
     */
    public static String to(String given, Collection<String> known) {
        if (known.isEmpty()) {
            throw new IllegalArgumentException("no known names to compare with");
        }
        String wanted = plain(given);
        String nearest = null;
        double fewest = Double.POSITIVE_INFINITY;
        for (String name : known) {
            String other = plain(name);
            // For their length: else every short name would be nearer than a long one that was begun.
            double slips = distance(wanted, other) / (double) Math.max(1, Math.max(wanted.length(), other.length()));
            if (slips < fewest) {
                fewest = slips;
                nearest = name;
            }
        }
        return nearest;
    }

    /**
     * Slips between two names: insertions, deletions, substitutions, and swaps of neighbours, each counted as one
     * (optimal string alignment: Damerau, CACM 1964, no part edited twice).
     */
    static int distance(String a, String b) {
        int[] beforeLast = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(substituted, Math.min(last[j], row[j - 1]) + 1);
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            int[] free = beforeLast;
            beforeLast = last;
            last = row;
            row = free;
        }
        return last[b.length()];
    }

    private static String plain(String name) {
        String start = name.substring(0, Math.min(name.length(), LONGEST_NAME));
        return start.toLowerCase(Locale.ROOT).replace('-', '_');
    }
}
