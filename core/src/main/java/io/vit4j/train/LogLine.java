package io.vit4j.train;

import io.vit4j.metrics.Metrics;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A log entry as passed to the logger: readable as text, and complete for a program that examines the logger's arguments.
 *
 * @param step the optimizer step that the entry is of
 * @param epoch how many epochs that is
 * @param entry with the keys of transformers' {@code log_history}
 */
public record LogLine(long step, double epoch, Metrics entry) {
    /** What is worth a place in a line; a label's own metrics are not. */
    private static final List<String> SHOWN = List.of(
            "loss",
            "grad_norm",
            "learning_rate",
            "eval_loss",
            "eval_roc_auc",
            "eval_roc_auc_findings",
            "eval_accuracy",
            "train_loss",
            "train_runtime",
            "train_samples_per_second",
            "data_wait_share");

    /** {@code step 50, epoch 0.06: loss 0.6051, grad_norm 1.24, learning_rate 1.6e-05}. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "step %d, epoch %.2f:", step, epoch));
        String separator = " ";
        for (Map.Entry<String, Double> field : entry.values().entrySet()) {
            if (SHOWN.contains(field.getKey())) {
                line.append(separator).append(field.getKey()).append(' ').append(number(field.getValue()));
                separator = ", ";
            }
        }
        return line.toString();
    }

    private static String number(double value) {
        boolean plain = value == 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5);
        return String.format(Locale.ROOT, plain ? "%.4f" : "%.2e", value);
    }
}
