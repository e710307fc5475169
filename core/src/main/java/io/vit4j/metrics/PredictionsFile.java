package io.vit4j.metrics;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.writer.CsvWriter;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Predictions as a CSV file, a row a picture: {@code file}, and for each label its truth ({@code LABEL}: 1, 0, or empty
 * where unknown), its raw score ({@code LABEL.logit}) and its probability ({@code LABEL.score}). Logits are written so
 * that reading gives back the same float32.
 *
 * @param labels the names of the labels
 * @param files the names of the pictures, one a sample
 * @param prediction logits and truth
 */
public record PredictionsFile(List<String> labels, List<String> files, EvalPrediction prediction) {
    private static final String LOGIT = ".logit";
    private static final String SCORE = ".score";

    /** Checks that every row has a file, and every column a label. */
    public PredictionsFile {
        labels = List.copyOf(labels);
        files = List.copyOf(files);
        if (files.size() != prediction.samples() || labels.size() != prediction.labels()) {
            throw new IllegalArgumentException(files.size() + " files and " + labels.size() + " labels for ["
                    + prediction.samples() + ", " + prediction.labels() + "]");
        }
    }

    /** Writes it, whole or not at all. */
    public void write(DurableFiles durable, Path path) {
        float[] scores = prediction.probabilities().predictions();
        durable.write(path, out -> {
            Writer text = new OutputStreamWriter(Channels.newOutputStream(out), StandardCharsets.UTF_8);
            CsvWriter csv = CsvWriter.builder().build(text);
            List<String> header = new ArrayList<>(List.of("file"));
            for (String label : labels) {
                header.addAll(List.of(label, label + LOGIT, label + SCORE));
            }
            csv.writeRecord(header);
            List<String> row = new ArrayList<>();
            for (int i = 0; i < files.size(); i++) {
                row.clear();
                row.add(files.get(i));
                for (int j = 0; j < labels.size(); j++) {
                    int at = i * labels.size() + j;
                    row.add(truth(i, j));
                    row.add(Float.toString(prediction.predictions()[at]));
                    row.add(Float.toString(scores[at]));
                }
                csv.writeRecord(row);
            }
            csv.flush(); // also flushes the text below it
        });
    }

    private String truth(int sample, int label) {
        float value = prediction.singleLabel()
                ? one(prediction.labelIds()[sample], label)
                : prediction.labelIds()[sample * labels.size() + label];
        return Float.isNaN(value) ? "" : value == (int) value ? Integer.toString((int) value) : Float.toString(value);
    }

    private static float one(float trueClass, int label) {
        return Float.isNaN(trueClass) || trueClass < 0 ? Float.NaN : trueClass == label ? 1 : 0;
    }

    /** Reads what {@link #write} wrote; the truth comes back N-hot. */
    public static PredictionsFile read(Path path) {
        List<String> labels = new ArrayList<>();
        List<String> files = new ArrayList<>();
        List<float[]> logits = new ArrayList<>();
        List<float[]> truths = new ArrayList<>();
        try (CsvReader<CsvRecord> csv = CsvReader.builder().ofCsvRecord(path)) {
            boolean header = true;
            for (CsvRecord row : csv) {
                if (header) {
                    readHeader(row, labels, path);
                    header = false;
                } else {
                    if (row.getFieldCount() != 1 + 3 * labels.size()) {
                        throw InputException.in(
                                path,
                                "line " + row.getStartingLineNumber() + " has " + row.getFieldCount() + " fields, not "
                                        + (1 + 3 * labels.size()) + "; write it again");
                    }
                    files.add(row.getField(0));
                    float[] logit = new float[labels.size()];
                    float[] truth = new float[labels.size()];
                    for (int j = 0; j < labels.size(); j++) {
                        String known = row.getField(1 + 3 * j);
                        truth[j] = known.isEmpty() ? Float.NaN : Float.parseFloat(known);
                        logit[j] = Float.parseFloat(row.getField(2 + 3 * j));
                    }
                    logits.add(logit);
                    truths.add(truth);
                }
            }
        } catch (IOException | UncheckedIOException | CsvParseException e) {
            throw InputException.in(
                    path, "cannot be read (" + e.getMessage() + "); write it with evaluate --predictions", e);
        } catch (NumberFormatException e) {
            throw InputException.in(
                    path, "holds something that is no number (" + e.getMessage() + "); write it again", e);
        }
        if (labels.isEmpty()) {
            throw InputException.in(path, "is empty; write it with evaluate --predictions");
        }
        return new PredictionsFile(
                labels,
                files,
                new EvalPrediction(
                        files.size(), labels.size(), flat(logits, labels.size()), flat(truths, labels.size())));
    }

    private static void readHeader(CsvRecord row, List<String> labels, Path path) {
        for (int j = 1; j + 2 < row.getFieldCount(); j += 3) {
            String label = row.getField(j);
            if (!row.getField(j + 1).equals(label + LOGIT)
                    || !row.getField(j + 2).equals(label + SCORE)) {
                throw InputException.in(
                        path,
                        "its header is not that of a predictions file (file, LABEL, LABEL.logit, "
                                + "LABEL.score, ...); write it with evaluate --predictions");
            }
            labels.add(label);
        }
        if (labels.isEmpty()) {
            throw InputException.in(path, "names no labels; write it with evaluate --predictions");
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
