package io.vit4j.metrics;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.data.CsvTable;
import io.vit4j.data.LabelNames;
import io.vit4j.data.ProblemType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Predictions as a CSV file, one row per picture: {@code file}, and for each label its truth ({@code LABEL}: 1, 0, or empty
 * if unknown), its raw score ({@code LABEL.logit}) and its probability ({@code LABEL.score}). For single-label data a
 * column {@code class} follows {@code file}: the number of the true class. A regression has two columns per output, its
 * target ({@code NAME}) and {@code NAME.prediction}. Numbers are written so that reading gives back the same float32.
 *
 * @param labels the names of the labels; one that repeats gets its number, see {@link LabelNames}
 * @param files the names of the pictures, one per sample
 * @param prediction logits and truth
 */
public record PredictionsFile(List<String> labels, List<String> files, EvalPrediction prediction) {
    private static final String FILE = "file";
    private static final String CLASS = "class";
    private static final String PREDICTION = ".prediction";
    private static final String LOGIT = ".logit";
    private static final String SCORE = ".score";

    /** Checks that every row has a file, and every column a label. */
    public PredictionsFile {
        labels = LabelNames.distinct(labels);
        files = List.copyOf(files);
        if (files.size() != prediction.samples() || labels.size() != prediction.labels()) {
            throw new IllegalArgumentException(files.size() + " files and " + labels.size() + " labels for ["
                    + prediction.samples() + ", " + prediction.labels() + "]");
        }
    }

    /** Writes it, whole or not at all. */
    public void write(DurableFiles durable, Path path) {
        float[] scores = prediction.regression()
                ? new float[0]
                : prediction.probabilities().predictions();
        CsvTable.write(durable, path, rows -> {
            rows.accept(header(prediction.problemType(), labels));
            List<String> row = new ArrayList<>();
            for (int i = 0; i < files.size(); i++) {
                row.clear();
                row.add(files.get(i));
                if (prediction.singleLabel()) {
                    row.add(classNumber(prediction.labelIds()[i]));
                }
                for (int j = 0; j < labels.size(); j++) {
                    int at = i * labels.size() + j;
                    row.add(truth(i, j));
                    row.add(Float.toString(prediction.predictions()[at]));
                    if (!prediction.regression()) {
                        row.add(Float.toString(scores[at]));
                    }
                }
                rows.accept(row);
            }
        });
    }

    private static List<String> header(ProblemType type, List<String> labels) {
        List<String> header = new ArrayList<>(type == ProblemType.SINGLE_LABEL ? List.of(FILE, CLASS) : List.of(FILE));
        for (String label : labels) {
            header.add(label);
            header.addAll(
                    type == ProblemType.REGRESSION
                            ? List.of(label + PREDICTION)
                            : List.of(label + LOGIT, label + SCORE));
        }
        return header;
    }

    private static String classNumber(float trueClass) {
        return EvalPrediction.unknownClass(trueClass) ? "" : Integer.toString((int) trueClass);
    }

    private String truth(int sample, int label) {
        float value = prediction.singleLabel()
                ? one(prediction.labelIds()[sample], label)
                : prediction.labelIds()[sample * labels.size() + label];
        return Float.isNaN(value) ? "" : value == (int) value ? Integer.toString((int) value) : Float.toString(value);
    }

    private static float one(float trueClass, int label) {
        return EvalPrediction.unknownClass(trueClass) ? Float.NaN : trueClass == label ? 1 : 0;
    }

    /** Reads what {@link #write} wrote. */
    public static PredictionsFile read(Path path) {
        List<String> files = new ArrayList<>();
        List<float[]> predictions = new ArrayList<>();
        List<float[]> truths = new ArrayList<>();
        List<Layout> header = new ArrayList<>(1);
        CsvTable.read(path, "write it with evaluate --predictions", (line, cells) -> {
            if (header.isEmpty()) {
                header.add(Layout.of(cells, path));
                return;
            }
            Layout layout = header.get(0);
            if (cells.size() != layout.fields()) {
                throw InputException.in(
                        path,
                        "line " + line + " has " + cells.size() + " fields, not " + layout.fields()
                                + "; write it again");
            }
            try {
                files.add(cells.get(0));
                predictions.add(layout.predictions(cells));
                truths.add(layout.truth(cells));
            } catch (NumberFormatException e) {
                throw InputException.in(
                        path,
                        "line " + line + ": not a value of its column (" + e.getMessage() + "); write it again",
                        e);
            }
        });
        Layout layout = header.get(0);
        int labels = layout.labels().size();
        return new PredictionsFile(
                layout.labels(),
                files,
                new EvalPrediction(
                        layout.type(),
                        files.size(),
                        labels,
                        flat(predictions, labels),
                        flat(truths, layout.type().labelCount(labels))));
    }

    /** What the header says. */
    private record Layout(ProblemType type, List<String> labels) {
        static Layout of(List<String> header, Path path) {
            for (ProblemType type : ProblemType.values()) {
                List<String> labels = new ArrayList<>();
                Layout layout = new Layout(type, labels);
                for (int at = layout.first(); at < header.size(); at += layout.step()) {
                    labels.add(header.get(at));
                }
                if (!labels.isEmpty() && header.equals(header(type, labels))) {
                    return layout;
                }
            }
            throw InputException.in(
                    path,
                    "its header is not that of a predictions file (file, LABEL, LABEL.logit, LABEL.score, ...);"
                            + " write it with evaluate --predictions");
        }

        /** The column of the first label. */
        int first() {
            return type == ProblemType.SINGLE_LABEL ? 2 : 1;
        }

        /** Columns a label. */
        int step() {
            return type == ProblemType.REGRESSION ? 2 : 3;
        }

        int fields() {
            return first() + step() * labels.size();
        }

        float[] predictions(List<String> row) {
            float[] values = new float[labels.size()];
            for (int j = 0; j < values.length; j++) {
                values[j] = Float.parseFloat(row.get(first() + step() * j + 1));
            }
            return values;
        }

        float[] truth(List<String> row) {
            if (type == ProblemType.SINGLE_LABEL) {
                return new float[] {known(row.get(1), labels.size() - 1)};
            }
            float[] values = new float[labels.size()];
            for (int j = 0; j < values.length; j++) {
                String cell = row.get(first() + step() * j);
                values[j] = type == ProblemType.MULTI_LABEL ? known(cell, 1) : number(cell);
            }
            return values;
        }

        private static float number(String text) {
            return text.isEmpty() ? Float.NaN : Float.parseFloat(text);
        }

        /** A whole number from 0, or NaN if the cell is empty. */
        private static float known(String text, int most) {
            float value = number(text);
            if (text.isEmpty() || (value >= 0 && value <= most && value == (int) value)) {
                return value;
            }
            throw new NumberFormatException("\"" + text + "\" is none of 0 to " + most);
        }
    }

    private static float[] flat(List<float[]> rows, int width) {
        float[] flat = new float[Math.multiplyExact(rows.size(), width)];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, flat, i * width, width);
        }
        return flat;
    }
}
