package io.vit4j.report;

import io.vit4j.data.ArrowDataset;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.infer.Decision;
import io.vit4j.model.VisionModel;
import io.vit4j.train.arguments.TrainingArguments.ReportImages;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Pictures for a report, or why there are none.
 *
 * @param whyNone a sentence; of no meaning where there are pictures
 */
record Examples(List<ExamplePicture> pictures, String whyNone) {
    private static final String NOT_SHOWN =
            "Pictures of patients are personal data and are not shown (--report-images all shows them).";

    /** Why no pictures of a data set may be shown: always, never, or only of public data; empty if they may. */
    static Optional<Examples> refused(ArrowDataset data, ReportImages images) {
        boolean shown = images == ReportImages.ALL || (images == ReportImages.AUTO && PublicPictures.are(data));
        return shown ? Optional.empty() : Optional.of(new Examples(List.of(), NOT_SHOWN));
    }

    /** Pictures of an evaluation, if they may be shown and the whole model is at hand to be asked about them. */
    static Examples of(Evaluation evaluation, Optional<ArrowDataset> data, VisionModel model, ReportImages images) {
        if (evaluation.regression().isPresent()) {
            return new Examples(List.of(), "A regression makes no calls, right or wrong, to show.");
        }
        if (data.isEmpty()) {
            return new Examples(List.of(), "The pictures are not available.");
        }
        Optional<Examples> refused = refused(data.get(), images);
        if (refused.isPresent()) {
            return refused.get();
        }
        if (!model.isWhole()) {
            return new Examples(
                    List.of(),
                    "The model is divided among ranks, and none of them has all of it. Once it is saved, vit4j"
                            + " report --dataset adds the pictures.");
        }
        Optional<int[]> rows = rows(evaluation.measured(), data.get());
        if (rows.isEmpty()) {
            return new Examples(List.of(), "The data set is not the one that was evaluated.");
        }
        List<ExamplePicture> pictures = ExamplePicture.of(
                evaluation.measured().prediction(),
                data.get(),
                rows.get(),
                model,
                evaluation.decision().orElse(Decision.PLAIN));
        return new Examples(pictures, "There are no predictions to show.");
    }

    /** The data set's row of each sample, by file name; empty if one has none. */
    private static Optional<int[]> rows(SplitPredictions evaluation, ArrowDataset data) {
        Map<String, Integer> rowOf = new HashMap<>();
        for (int row : data.rows(evaluation.split())) {
            rowOf.put(data.fileName(row), row);
        }
        int[] rows = evaluation.predictions().files().stream()
                .mapToInt(file -> rowOf.getOrDefault(file, -1))
                .toArray();
        return Arrays.stream(rows).anyMatch(row -> row < 0) ? Optional.empty() : Optional.of(rows);
    }
}
