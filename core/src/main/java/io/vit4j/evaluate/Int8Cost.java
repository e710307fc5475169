package io.vit4j.evaluate;

import io.vit4j.base.JsonObject;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.RocAuc;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What int8 costs a model: its macro AUROC beside that of the same pictures in float32. NaN if no label has both classes.
 *
 * @param int8 of the predictions that are measured
 * @param float32 of others, made for this alone
 */
public record Int8Cost(double int8, double float32) {
    private static final String KEY = "int8";
    private static final String OWN = "roc_auc";
    private static final String BESIDE = "roc_auc_float32";

    /** Of two predictions for the same pictures. */
    public static Int8Cost of(EvalPrediction int8, EvalPrediction float32, List<String> labels) {
        return new Int8Cost(
                RocAuc.of(int8, labels).macro(), RocAuc.of(float32, labels).macro());
    }

    static Optional<Int8Cost> read(JsonObject json) {
        JsonObject own = json.object(KEY);
        return own.has(OWN) && own.has(BESIDE)
                ? Optional.of(new Int8Cost(own.number(OWN), own.number(BESIDE)))
                : Optional.empty();
    }

    JsonObject addTo(JsonObject json) {
        return isDefined()
                ? json.with(KEY, JsonObject.empty().with(OWN, int8).with(BESIDE, float32))
                : json.with(KEY, JsonObject.empty());
    }

    /** Whether there is an area at all. */
    public boolean isDefined() {
        return Double.isFinite(int8) && Double.isFinite(float32);
    }

    String sentence() {
        return isDefined()
                ? String.format(
                        Locale.ROOT,
                        "Computed in int8: macro AUROC %.4f, where float32 has %.4f (%+.4f).",
                        int8,
                        float32,
                        int8 - float32)
                : "Computed in int8.";
    }
}
