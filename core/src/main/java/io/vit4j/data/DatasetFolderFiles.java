package io.vit4j.data;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The text files that stand beside a data set's Arrow file. */
final class DatasetFolderFiles {
    static final String METADATA = "metadata.jsonl";
    static final String SKIPPED = "skipped.csv";

    private final Path folder;
    private final PreparePlan plan;
    private final Map<Integer, String> skipped;

    DatasetFolderFiles(Path folder, PreparePlan plan, Map<Integer, String> skipped) {
        this.folder = folder;
        this.plan = plan;
        this.skipped = skipped;
    }

    /**
     * {@code metadata.jsonl} as the {@code imagefolder} loader of Hugging Face datasets reads it, when it lies in the images'
     * folder: {@code file_name}, {@code labels} (N-hot, null if unknown), {@code label} (the class's number) or the
     * numbers of a regression under their names,
     * {@code split}, and the label file's other columns.
     */
    void writeMetadata() {
        ProblemType type = plan.table().problemType();
        DurableFiles.SYSTEM.ofPatients().write(folder.resolve(METADATA), file -> {
            Writer out = new BufferedWriter(Channels.newWriter(file, StandardCharsets.UTF_8));
            for (int i = 0; i < plan.rows().size(); i++) {
                if (skipped.containsKey(i)) {
                    continue;
                }
                PreparePlan.PlannedRow row = plan.rows().get(i);
                ObjectNode line = Json.object().put("file_name", plan.fileName(i));
                if (type == ProblemType.REGRESSION) {
                    numbers(line, plan.labels(i));
                } else if (type == ProblemType.SINGLE_LABEL) {
                    line.put("label", (int) plan.labels(i)[0]);
                } else {
                    ArrayNode labels = line.putArray("labels");
                    for (float label : plan.labels(i)) {
                        if (Float.isNaN(label)) {
                            labels.addNull();
                        } else {
                            labels.add((int) label);
                        }
                    }
                }
                line.put("split", row.split());
                for (int c = 0; c < row.row().values().size(); c++) {
                    line.put(
                            plan.table().columnNames().get(c),
                            row.row().values().get(c));
                }
                out.write(Json.line(line));
                out.write('\n');
            }
            out.flush();
        });
    }

    /** Each number under its name, null if unknown. */
    private void numbers(ObjectNode line, float[] numbers) {
        for (int j = 0; j < numbers.length; j++) {
            String name = plan.vocabulary().name(j);
            if (Float.isNaN(numbers[j])) {
                line.putNull(name);
            } else {
                line.put(name, numbers[j]);
            }
        }
    }

    /** {@code skipped.csv}: the images left out, and why; removed if there are none. */
    void writeSkipped() throws IOException {
        if (skipped.isEmpty() && plan.missing().isEmpty()) {
            Files.deleteIfExists(folder.resolve(SKIPPED));
            return;
        }
        CsvTable.write(DurableFiles.SYSTEM, folder.resolve(SKIPPED), rows -> {
            rows.accept(List.of("line", "image", "reason"));
            for (PreparePlan.Skipped missing : plan.missing()) {
                rows.accept(List.of(
                        Long.toString(missing.row().line()), missing.row().image(), missing.why()));
            }
            skipped.forEach((index, why) -> {
                LabelTable.LabelRow row = plan.rows().get(index).row();
                rows.accept(List.of(Long.toString(row.line()), row.image(), why));
            });
        });
    }
}
