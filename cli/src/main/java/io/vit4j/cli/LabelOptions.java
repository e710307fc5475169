package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.DataFolder;
import io.vit4j.data.NihLabelFile;
import io.vit4j.data.Problems;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where images and labels are, and what the labels mean. */
final class LabelOptions implements HelpSection {
    @Override
    public String heading() {
        return "Pictures and labels";
    }

    /** What becomes of the label "No Finding". */
    enum NoFindingLabel {
        KEEP,
        DROP
    }

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description =
                    "Folder with the images or with zip or tar.gz archives of them, or a single archive. It is only"
                            + " read; nothing is unpacked.")
    private Path data;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description =
                    "The label file. Default: NIH's Data_Entry_2017*.csv, metadata.jsonl or metadata.csv in DIR. If"
                            + " there is none, each folder is a class, also under train, validation and test.")
    private Path labels;

    @Option(
            names = "--image-column",
            paramLabel = "NAME",
            description = "Column with the name of the image, in your own CSV file.")
    private String imageColumn;

    @Option(
            names = "--label-column",
            paramLabel = "NAME",
            description = "Column with the label: one per row, or several with --label-separator.")
    private String labelColumn;

    @Option(names = "--label-separator", paramLabel = "TEXT", description = "Text between two labels, such as \"|\".")
    private String labelSeparator;

    @Option(
            names = "--label-columns",
            paramLabel = "A,B,C",
            split = ",",
            description = "Columns that are labels, each with 1 or 0.")
    private List<String> labelColumns = List.of();

    @Option(
            names = "--target-columns",
            paramLabel = "A,B,C",
            split = ",",
            description = "Columns of numbers to predict (regression). A blank is unknown.")
    private List<String> targetColumns = List.of();

    @Option(
            names = "--uncertain",
            paramLabel = "zero|one|ignore",
            defaultValue = "ignore",
            description = "How to count -1 and blanks in label columns; ignore leaves them out of the loss. Default:"
                    + " ${DEFAULT-VALUE}.")
    private CsvLabelFile.Uncertain uncertain;

    @Option(
            names = "--patient-column",
            paramLabel = "NAME",
            description =
                    "Column that identifies the patient. Default: a column with a name like patient_id, if there is"
                            + " one.")
    private String patientColumn;

    @Option(
            names = "--split-column",
            paramLabel = "NAME",
            description = "Column that contains train, validation or test.")
    private String splitColumn;

    @Option(
            names = "--no-finding-label",
            paramLabel = "keep|drop",
            defaultValue = "keep",
            description = "keep: \"No Finding\" is a label like the others, 15 in total; drop: 14 labels. Default:"
                    + " ${DEFAULT-VALUE}.")
    private NoFindingLabel noFinding;

    /** Finds and reads the labels, and lists the images. */
    DataFolder open(Problems problems) {
        return DataFolder.open(
                data,
                Optional.ofNullable(labels),
                columns(),
                noFinding == NoFindingLabel.KEEP ? NihLabelFile.NoFinding.KEEP : NihLabelFile.NoFinding.DROP,
                problems);
    }

    Path folder() {
        return data;
    }

    private Optional<CsvLabelFile.Columns> columns() {
        int named =
                (labelColumn == null ? 0 : 1) + (labelColumns.isEmpty() ? 0 : 1) + (targetColumns.isEmpty() ? 0 : 1);
        if (imageColumn == null && named == 0) {
            for (String other : new String[] {labelSeparator, patientColumn, splitColumn}) {
                if (other != null) {
                    throw new InputException("column \"" + other
                            + "\" alone does not describe a label file; also give --image-column, and --label-column,"
                            + " --label-columns or --target-columns");
                }
            }
            return Optional.empty();
        }
        if (imageColumn == null || named != 1) {
            throw new InputException(
                    "describe the columns of a label file with --image-column and one of --label-column,"
                            + " --label-columns and --target-columns");
        }
        if (labels == null) {
            throw new InputException("--image-column needs a label file; name it with --labels FILE");
        }
        return Optional.of(new CsvLabelFile.Columns(
                imageColumn, labelsIn(), Optional.ofNullable(patientColumn), Optional.ofNullable(splitColumn)));
    }

    private CsvLabelFile.Labels labelsIn() {
        if (!targetColumns.isEmpty()) {
            return new CsvLabelFile.NumberColumns(targetColumns);
        }
        if (labelColumn == null) {
            return new CsvLabelFile.IndicatorColumns(labelColumns, uncertain);
        }
        return labelSeparator == null
                ? new CsvLabelFile.OneLabel(labelColumn)
                : new CsvLabelFile.JoinedLabels(labelColumn, labelSeparator);
    }
}
