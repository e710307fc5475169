package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.DataFolder;
import io.vit4j.data.DataFolderOptions;
import io.vit4j.data.NihLabelFile;
import io.vit4j.data.ProblemType;
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
            names = "--uncertain",
            paramLabel = "zeros|ones|ignore",
            defaultValue = "ignore",
            description =
                    "What -1 in label columns counts as, by CheXpert's names: zeros (U-Zeros), ones (U-Ones), or ignore:"
                            + " the loss leaves it out. Default: ${DEFAULT-VALUE}.")
    private CsvLabelFile.Uncertain uncertain;

    @Option(
            names = "--blank-labels",
            paramLabel = "negative|ignore",
            defaultValue = "negative",
            description =
                    "What an empty cell in label columns counts as: negative, as in CheXpert, or ignore: the loss leaves"
                            + " it out. Default: ${DEFAULT-VALUE}.")
    private CsvLabelFile.Blank blank;

    @Option(
            names = "--missing-labels",
            paramLabel = "fail|skip|class",
            defaultValue = "fail",
            description =
                    "A row without a label where each needs one (empty, nan, None...): fail, skip it, or take what"
                            + " stands there for a class. Default: ${DEFAULT-VALUE}.")
    private CsvLabelFile.MissingLabel missing;

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
        if (!classes.isEmpty() && labels != null) {
            throw new InputException(
                    "--classes names folders, and --labels a file that tells the classes; give one of them");
        }
        DataFolderOptions options = DataFolder.builder(data)
                .noFinding(noFinding == NoFindingLabel.KEEP ? NihLabelFile.NoFinding.KEEP : NihLabelFile.NoFinding.DROP)
                .classes(classes)
                .problems(problems);
        if (labels != null) {
            options.labelFile(labels);
        }
        columns().ifPresent(options::columns);
        return options.open();
    }

    Path folder() {
        return data;
    }

    private Optional<CsvLabelFile.Columns> columns() {
        boolean named = labelColumn != null || !labelColumns.isEmpty();
        if (imageColumn == null && !named) {
            for (String other : new String[] {labelSeparator, patientColumn, splitColumn, problemType}) {
                if (other != null) {
                    throw new InputException("\"" + other
                            + "\" alone does not describe a label file; also give --image-column, and --label-column or"
                            + " --label-columns");
                }
            }
            return Optional.empty();
        }
        if (imageColumn == null || !named || (labelColumn != null && !labelColumns.isEmpty())) {
            throw new InputException(
                    "describe the columns of a label file with --image-column and either --label-column or"
                            + " --label-columns");
        }
        if (labels == null) {
            throw new InputException("--image-column needs a label file; name it with --labels FILE");
        }
        return Optional.of(new CsvLabelFile.Columns(
                imageColumn, labelsIn(), Optional.ofNullable(patientColumn), Optional.ofNullable(splitColumn)));
    }

    private CsvLabelFile.Labels labelsIn() {
        Optional<ProblemType> type = Optional.ofNullable(problemType).map(ProblemType::parse);
        if (type.equals(Optional.of(ProblemType.REGRESSION))) {
            return new CsvLabelFile.NumberColumns(labelColumn == null ? labelColumns : List.of(labelColumn));
        }
        boolean single = type.equals(Optional.of(ProblemType.SINGLE_LABEL));
        if (single && (labelColumn == null || labelSeparator != null)) {
            throw new InputException("--problem-type " + problemType
                    + " has one label a picture; name its column with --label-column, without --label-separator");
        }
        if (labelColumn == null) {
            return new CsvLabelFile.IndicatorColumns(labelColumns, uncertain, blank);
        }
        if (labelSeparator != null) {
            return new CsvLabelFile.JoinedLabels(labelColumn, labelSeparator);
        }
        return type.isPresent() && !single
                ? new CsvLabelFile.ListedLabels(labelColumn)
                : new CsvLabelFile.OneLabel(labelColumn, single, missing);
    }
}
