package io.vit4j.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import java.nio.file.Path;
import java.util.Optional;

/**
 * All that is known of a model on one split: as {@code evaluation-SPLIT.json} in its folder, and as tables for a terminal.
 * docs/evaluation.md says how each number is computed.
 */
public final class SplitEvaluation {
    private final String split;
    private final EvaluationNumbers numbers;
    private final Optional<Path> report;
    private final Optional<WalkthroughsNumber> walkthrough;

    SplitEvaluation(
            String split, EvaluationNumbers numbers, Optional<Path> report, Optional<Integer> patientsInTwoSplits) {
        this.split = split;
        this.numbers = numbers;
        this.report = report;
        walkthrough = WalkthroughsNumber.of(numbers, patientsInTwoSplits);
    }

    /** The file in a model's folder. */
    public static Path file(Path folder, String split) {
        return folder.resolve("evaluation-" + split + ".json");
    }

    void write(DurableFiles files, Path folder) {
        files.write(file(folder, split), Json.pretty(json()));
    }

    /** The report that shows it; empty of the training split, which is not reported. */
    public Optional<Path> report() {
        return report;
    }

    /** Everything, per label, averaged and by group, with intervals. */
    public ObjectNode json() {
        return new EvaluationJson(numbers, walkthrough).write();
    }

    /** Labels and averages, thresholds, calibration and groups, as tables. */
    public String text() {
        return new EvaluationText(numbers, walkthrough).write();
    }
}
