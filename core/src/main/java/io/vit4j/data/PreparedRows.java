package io.vit4j.data;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which planned rows are in the data set once their pictures were read, and what is told of it in files and remarks. */
final class PreparedRows {
    private final PrepareOptions options;
    private final PreparePlan plan;
    private final Map<Integer, String> skipped = new LinkedHashMap<>();
    private final Map<Long, Integer> firstOfPixels = new HashMap<>();

    PreparedRows(PrepareOptions options, PreparePlan plan) {
        this.options = options;
        this.plan = plan;
    }

    /** The picture cannot be read. */
    void leaveOut(int index, String fault) {
        LabelTable.LabelRow row = plan.rows().get(index).row();
        skipped.put(index, fault);
        options.problems.add(
                options.onBadImage == PrepareDataset.OnBadImage.FAIL
                        ? Problems.ProblemKind.BAD_IMAGE
                        : Problems.ProblemKind.SKIPPED_IMAGE,
                options.table.source(),
                row.line(),
                row.image(),
                fault);
    }

    boolean isLeftOut(int index) {
        return skipped.containsKey(index);
    }

    boolean isEmpty() {
        return skipped.size() == plan.rows().size();
    }

    /** What to say if all are left out. */
    InputException nothing() {
        return new InputException(
                options.table.source() + ": none of its images can be read; the first: " + skipped.get(0));
    }

    /**
     * Takes a row that is in the data set, in ascending order. The same picture in two splits lets a model remember what it should
     * recognise, so that is noted.
     */
    void keep(int index, long pixelHash) {
        Integer first = firstOfPixels.putIfAbsent(pixelHash, index);
        if (first == null) {
            return;
        }
        PreparePlan.PlannedRow row = plan.rows().get(index);
        PreparePlan.PlannedRow other = plan.rows().get(first);
        if (!other.split().equals(row.split())) {
            LabelTable.LabelRow twin = other.row();
            options.problems.add(
                    Problems.ProblemKind.SHARED_PIXELS,
                    options.table.source(),
                    row.row().line(),
                    row.row().image(),
                    "in " + row.split() + ", the same picture as " + twin.image() + " in " + other.split()
                            + twin.atLine());
        }
    }

    /** Writes {@code metadata.jsonl}, {@code skipped.csv} and {@code problems.csv}; fails if a problem stops the work. */
    void writeFiles(Path folder) throws IOException {
        DatasetFolderFiles files = new DatasetFolderFiles(folder, plan, skipped);
        files.writeMetadata();
        files.writeSkipped();
        options.problems.report(folder);
    }

    PrepareDataset.Prepared prepared(DatasetInfo info) {
        return new PrepareDataset.Prepared(
                options.output,
                info,
                countSplits(),
                skipped.size() + plan.missing().size(),
                options.problems.remarks(),
                false);
    }

    private Map<String, Integer> countSplits() {
        Map<String, Integer> counts = new LinkedHashMap<>();
        List.of(Split.TRAIN, Split.VALIDATION, Split.TEST).forEach(split -> counts.put(split, 0));
        for (int i = 0; i < plan.rows().size(); i++) {
            if (!skipped.containsKey(i)) {
                counts.merge(plan.rows().get(i).split(), 1, Integer::sum);
            }
        }
        return counts;
    }
}
