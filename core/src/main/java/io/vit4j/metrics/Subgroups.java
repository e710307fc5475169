package io.vit4j.metrics;

import io.vit4j.base.InputException;
import io.vit4j.data.LabelNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** AUROC of a model for parts of the data: does it serve women and men, young and old alike? */
public final class Subgroups {
    private static final int MOST_GROUPS = 50;
    private static final Pattern LEADING_NUMBER = Pattern.compile("(\\d{1,9}).*");

    private Subgroups() {}

    /**
     * One group.
     *
     * @param column what the data is grouped by: "Patient Gender"
     * @param group the value of its samples in this column
     * @param samples how many
     * @param deLong AUROC per label with DeLong's interval, which treats samples as independent
     * @param bootstrap AUROC per label and averaged (except for the micro average), with intervals by cluster (patient)
     */
    public record Group(
            String column, String group, int samples, Map<String, Estimate> deLong, Bootstrap.Intervals bootstrap) {}

    /**
     * Groups by the values of a column; blank ones are "unknown". Groups are ordered by the numbers that they begin with,
     * or else alphabetically. Throws InputException if there are more than {@value #MOST_GROUPS}.
     *
     * @param valueOf the column's value for each sample
     * @param clusters of each sample, for the bootstrap
     */
    public static List<Group> of(
            EvalPrediction whole,
            List<String> names,
            String column,
            List<String> valueOf,
            int[] clusters,
            Bootstrap bootstrap) {
        EvalPrediction prediction = whole.ranked();
        List<String> labels = LabelNames.distinct(names);
        if (valueOf.size() != prediction.samples()) {
            throw new IllegalArgumentException(
                    valueOf.size() + " values of " + column + " for " + prediction.samples() + " samples");
        }
        Map<String, List<Integer>> samplesOf = new TreeMap<>(
                Comparator.comparingInt(Subgroups::leadingNumber).thenComparing(Comparator.naturalOrder()));
        for (int i = 0; i < valueOf.size(); i++) {
            String group =
                    valueOf.get(i).isBlank() ? Bands.UNKNOWN : valueOf.get(i).strip();
            samplesOf.computeIfAbsent(group, g -> new ArrayList<>()).add(i);
            if (samplesOf.size() > MOST_GROUPS) {
                throw new InputException("Column \"" + column + "\" has more than " + MOST_GROUPS
                        + " different values: too many for subgroups; put them into bands first");
            }
        }
        List<Group> groups = new ArrayList<>();
        samplesOf.forEach((name, samples) -> {
            int[] rows = samples.stream().mapToInt(Integer::intValue).toArray();
            int[] clustersOfRows = samples.stream().mapToInt(i -> clusters[i]).toArray();
            EvalPrediction part = prediction.rows(rows);
            Bootstrap.Intervals intervals = bootstrap.rocAucWithoutMicro(part, labels, clustersOfRows);
            Map<String, Estimate> deLong = new LinkedHashMap<>();
            for (int j = 0; j < labels.size(); j++) {
                if (intervals.perLabel().containsKey(labels.get(j))) {
                    deLong.put(labels.get(j), DeLong.interval(part.scores(j), part.truth(j), bootstrap.level()));
                }
            }
            groups.add(new Group(column, name, rows.length, deLong, intervals));
        });
        return groups;
    }

    private static int leadingNumber(String group) {
        Matcher number = LEADING_NUMBER.matcher(group);
        return number.matches() ? Integer.parseInt(number.group(1)) : Integer.MAX_VALUE;
    }
}
